//! Users of a chat: a stream of tokens from a language model, and a WebSocket beside it.
//!
//! ```text
//! gatecrash target plain &
//! cargo run --release --example stream -- --host http://127.0.0.1:8000 --users 5 --iterations 3
//! ```

use std::process::ExitCode;

use gatecrash::{Context, Http, Outcome, StreamForm, User, WebSocket, tasks};
use serde_json::json;

struct Chatter {
    http: Http,
    room: Option<WebSocket>,
}

impl User for Chatter {
    tasks! { question: 2, greet }

    fn new(context: &Context) -> Self {
        Chatter {
            http: context.http(),
            room: None,
        }
    }

    async fn start(&mut self) -> Outcome {
        self.room = Some(self.http.get("/ws/echo").web_socket().await?);
        Ok(())
    }

    async fn stop(&mut self) {
        if let Some(room) = self.room.take() {
            room.close().await;
        }
    }
}

impl Chatter {
    async fn question(&mut self) -> Outcome {
        let question = json!({
            "model": "any",
            "stream": true,
            "messages": [{ "role": "user", "content": "What is load?" }],
        });
        let chat = self.http.post("/v1/chat/completions").json(&question);
        chat.stream(StreamForm::OpenAi).await?;
        Ok(())
    }

    async fn greet(&mut self) -> Outcome {
        if let Some(room) = &mut self.room {
            room.ask("greeting", "hello", |answer| answer == "hello")
                .await?;
        }
        Ok(())
    }
}

fn main() -> ExitCode {
    gatecrash::app().user::<Chatter>().run()
}
