//! A program whose users read the metrics of their own run.

use std::io::{Read, Write};
use std::net::{TcpListener, TcpStream};
use std::sync::Mutex;
use std::time::Duration;

use gatecrash::{Context, Http, Outcome, User, app, sleep, tasks};

use crate::{target, words};

/// Where the metrics are, and what was read there.
static PORT: Mutex<u16> = Mutex::new(0);
static READ: Mutex<String> = Mutex::new(String::new());

/// How often a user looks before it gives up.
const TRIES: u32 = 600;

struct Reader {
    http: Http,
}

impl User for Reader {
    tasks! { read }

    fn new(context: &Context) -> Self {
        Reader {
            http: context.http(),
        }
    }
}

impl Reader {
    async fn read(&mut self) -> Outcome {
        self.http.get("/echo").send().await?;
        for _ in 0..TRIES {
            let text = metrics();
            if text.contains("gatecrash_requests_total") {
                *READ.lock().expect("nobody panics") = text;
                break;
            }
            sleep(Duration::from_millis(50)).await;
        }
        Ok(())
    }
}

fn metrics() -> String {
    let port = *PORT.lock().expect("nobody panics");
    let mut stream = TcpStream::connect(("127.0.0.1", port)).expect("it is served");
    let request = b"GET /metrics HTTP/1.0\r\n\r\n";
    stream.write_all(request).expect("it listens");
    let mut answer = String::new();
    stream.read_to_string(&mut answer).expect("text");
    answer
}

#[test]
fn numbers_are_served_while_it_goes() {
    let target = target();
    let free = TcpListener::bind("127.0.0.1:0").expect("a port");
    let port = free.local_addr().expect("it is bound").port();
    drop(free);
    *PORT.lock().expect("nobody panics") = port;
    let url = target.url();
    let line = format!("reader --host {url} --iterations 1 --quiet --metrics-port {port}");
    assert_eq!(app().user::<Reader>().run_with(words(&line)), 0);
    let text = READ.lock().expect("nobody panics");
    let series = r#"gatecrash_requests_total{scenario="main",method="GET",name="/echo"} 1"#;
    assert!(text.contains(series), "{text}");
    assert!(
        text.contains(r#"gatecrash_run_info{run="reader""#),
        "{text}"
    );
    // The port is free again.
    TcpListener::bind(("127.0.0.1", port)).expect("nobody listens");
}
