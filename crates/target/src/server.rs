//! Starts and stops a target: one accepting task, and threads that each own their connections.
//!
//! In: [`TargetOptions`]. Out: a running [`Server`]. Never: what is said on a connection.

use std::net::{SocketAddr, TcpStream as StdTcpStream, ToSocketAddrs};
use std::rc::Rc;
use std::sync::Arc;
use std::thread::JoinHandle;
use std::time::Duration;

use anyhow::{Context, Result, ensure};
use rusqlite::Connection;
use tokio::net::{TcpListener, TcpSocket, TcpStream};
use tokio::runtime::{Builder, Runtime};
use tokio::sync::{mpsc, watch};
use tokio::task::LocalSet;
use tokio_rustls::TlsAcceptor;

use crate::alarm::Alarm;
use crate::conditions::Conditions;
use crate::conversation::converse;
use crate::leak::leak;
use crate::memory::Memory;
use crate::options::TargetOptions;
use crate::places::{Place, Places};
use crate::routes::Table;
use crate::services::State;
use crate::sqlite::Database;
use crate::stall::Stalls;
use crate::truth::{Truth, TruthReport};
use crate::websocket::Rooms;
use crate::{busy, conditions, files, general, stream, tls, websocket};

/// Connections that may wait to be accepted, so that a burst of users is not told to come later.
const BACKLOG: u32 = 4096;
const THREADS_MAX: usize = 256;
const SLOW_MAX: f64 = 1000.0;

/// A target that listens. Dropping it stops it.
#[derive(Debug)]
pub struct Server {
    address: SocketAddr,
    ca_pem: Option<String>,
    shared: Arc<Shared>,
    stopper: Stopper,
    threads: Vec<JoinHandle<()>>,
}

/// Stops a server from elsewhere, as from a signal's handler.
#[derive(Clone, Debug)]
pub struct Stopper(watch::Sender<bool>);

impl Stopper {
    /// Ends all connections and threads; [`Server::wait`] then returns.
    pub fn stop(&self) {
        self.0.send_replace(true);
    }
}

impl Server {
    /// Where it listens, with the port that was chosen.
    #[must_use]
    pub fn address(&self) -> SocketAddr {
        self.address
    }

    /// `http://ADDRESS:PORT` or `https://…`, without a slash at the end.
    #[must_use]
    pub fn url(&self) -> String {
        let scheme = if self.shared.tls.is_some() {
            "https"
        } else {
            "http"
        };
        format!("{scheme}://{}", self.address)
    }

    /// How many connections it holds at once; see [`crate::Limits::connections`].
    #[must_use]
    pub fn connection_limit(&self) -> usize {
        self.shared.connections.most()
    }

    /// Connections that were closed at once because there were too many, since the start or the
    /// last reset of the truth. Cheaper than the whole truth.
    #[must_use]
    pub fn connections_refused(&self) -> u64 {
        self.shared.truth.connections_refused()
    }

    /// The PEM certificate that a client has to trust; `None` without TLS.
    #[must_use]
    pub fn ca_pem(&self) -> Option<&str> {
        self.ca_pem.as_deref()
    }

    /// What was received and answered since the start or the last reset.
    #[must_use]
    pub fn truth(&self) -> TruthReport {
        self.shared.truth.report()
    }

    /// Forgets what was received so far. The seeded draws begin anew too.
    pub fn reset_truth(&self) {
        self.shared.truth.reset();
    }

    /// A handle that stops the server from elsewhere.
    #[must_use]
    pub fn stopper(&self) -> Stopper {
        self.stopper.clone()
    }

    /// Waits until a [`Stopper`] has stopped the server.
    pub fn wait(mut self) {
        self.join();
    }

    fn join(&mut self) {
        for thread in self.threads.drain(..) {
            // A panic of a thread was already printed by that thread.
            let _ = thread.join();
        }
    }
}

impl Drop for Server {
    fn drop(&mut self) {
        self.stopper.stop();
        self.join();
    }
}

/// What all threads of a server share.
pub(crate) struct Shared {
    pub(crate) options: TargetOptions,
    pub(crate) table: Table,
    pub(crate) truth: Truth,
    pub(crate) stalls: Stalls,
    pub(crate) conditions: Conditions,
    pub(crate) body_memory: Memory,
    pub(crate) sockets: Arc<Places>,
    pub(crate) rooms: Arc<Rooms>,
    pub(crate) state: State,
    connections: Arc<Places>,
    tls: Option<TlsAcceptor>,
}

impl std::fmt::Debug for Shared {
    fn fmt(&self, out: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        out.debug_struct("Shared")
            .field("options", &self.options)
            .finish_non_exhaustive()
    }
}

/// What one thread serves with.
pub(crate) struct Worker {
    pub(crate) shared: Arc<Shared>,
    pub(crate) alarm: Alarm,
    /// To the service's database, where it has one.
    pub(crate) db: Option<Connection>,
}

impl Worker {
    fn new(shared: &Arc<Shared>, runtime: &Runtime) -> Result<Self> {
        let db = shared.state.database().map(Database::connect).transpose()?;
        let _within = runtime.enter();
        Ok(Self {
            shared: Arc::clone(shared),
            alarm: Alarm::new().context("cannot make a timer")?,
            db,
        })
    }
}

/// Starts a target. Returns when it listens.
///
/// # Errors
/// Options out of their range, an address that cannot be listened on, a database or a
/// certificate that cannot be used; the message names which.
pub fn serve(options: TargetOptions) -> Result<Server> {
    check(&options)?;
    let secrets = options
        .tls
        .as_ref()
        .map(|tls| tls::prepare(tls, &options.host))
        .transpose()?;
    let (tls, ca_pem) = secrets
        .map(|secrets| (secrets.acceptor, secrets.ca_pem))
        .unzip();
    let state = State::prepare(&options)?;
    let table = table(&state);
    let limits = &options.limits;
    let files = files::raise_limit();
    let connections = files::connections(limits.connections, files, options.threads)?;
    let shared = Arc::new(Shared {
        truth: Truth::new(table.patterns().to_vec()),
        stalls: Stalls::default(),
        conditions: Conditions::default(),
        body_memory: Memory::new(limits.all_bodies_bytes),
        connections: Places::new(connections),
        sockets: Places::new(limits.sockets),
        rooms: Rooms::new(limits.rooms, limits.queue_messages),
        state,
        table,
        tls,
        options,
    });
    let runtimes = (0..shared.options.threads)
        .map(|_| new_runtime())
        .collect::<Result<Vec<_>>>()?;
    let listener = runtimes[0].block_on(listen(&shared.options))?;
    let address = listener
        .local_addr()
        .context("cannot read the address listened on")?;
    let stopper = Stopper(watch::Sender::new(false));
    let mut threads = start_threads(&shared, runtimes, listener, &stopper)?;
    threads.extend(busy::start(shared.options.busy, stopper.0.subscribe())?);
    Ok(Server {
        address,
        ca_pem,
        shared,
        stopper,
        threads,
    })
}

fn check(options: &TargetOptions) -> Result<()> {
    ensure!(
        options.limits.queue_messages > 0,
        "the queue of a WebSocket must hold a message"
    );
    let slow = options.slow;
    ensure!(
        (1.0..=SLOW_MAX).contains(&slow),
        "slow must be from 1 to {SLOW_MAX} times, not {slow}"
    );
    ensure!(
        options.model.slots > 0,
        "the model must have a slot to work in"
    );
    let threads = options.threads;
    ensure!(
        (1..=THREADS_MAX).contains(&threads),
        "threads must be from 1 to {THREADS_MAX}, not {threads}"
    );
    Ok(())
}

/// All routes: those that every target has, and the service's own.
fn table(state: &State) -> Table {
    let mut routes = general::routes();
    routes.extend(conditions::routes());
    routes.extend(stream::routes());
    routes.extend(websocket::routes());
    routes.extend(state.routes());
    Table::new(routes)
}

fn new_runtime() -> Result<Runtime> {
    Builder::new_current_thread()
        .enable_all()
        .build()
        .context("cannot start a runtime")
}

async fn listen(options: &TargetOptions) -> Result<TcpListener> {
    let (host, port) = (options.host.as_str(), options.port);
    let told = || format!("cannot listen on {host}:{port}");
    let address = (host, port)
        .to_socket_addrs()
        .with_context(told)?
        .next()
        .with_context(told)?;
    let socket = if address.is_ipv4() {
        TcpSocket::new_v4()
    } else {
        TcpSocket::new_v6()
    }?;
    socket.set_reuseaddr(true)?;
    socket.bind(address).with_context(told)?;
    socket.listen(BACKLOG).with_context(told)
}

fn start_threads(
    shared: &Arc<Shared>,
    runtimes: Vec<Runtime>,
    listener: TcpListener,
    stopper: &Stopper,
) -> Result<Vec<JoinHandle<()>>> {
    let (queues, receivers): (Vec<_>, Vec<_>) =
        runtimes.iter().map(|_| mpsc::unbounded_channel()).unzip();
    // Taken by the first thread alone, on whose runtime the listener was made.
    let mut accepting = Some(accept(listener, queues, Arc::clone(shared)));
    let mut threads = Vec::new();
    for (number, (runtime, receiver)) in runtimes.into_iter().zip(receivers).enumerate() {
        let worker = Worker::new(shared, &runtime)?;
        let stopped = stopper.0.subscribe();
        let accepting = accepting.take();
        let work = move || run_thread(&runtime, worker, receiver, accepting, stopped);
        let thread = std::thread::Builder::new().name(format!("target-{number}"));
        threads.push(thread.spawn(work).context("cannot start a thread")?);
    }
    Ok(threads)
}

fn run_thread(
    runtime: &Runtime,
    worker: Worker,
    mut queue: mpsc::UnboundedReceiver<Accepted>,
    accepting: Option<impl Future<Output = ()> + 'static>,
    mut stopped: watch::Receiver<bool>,
) {
    let worker = Rc::new(worker);
    let tasks = LocalSet::new();
    spawn_for(&tasks, &worker, async |worker| worker.alarm.ring().await);
    let until_stopped = stopped.clone();
    spawn_for(&tasks, &worker, async |Worker { shared, .. }| {
        shared.stalls.obey(&shared.truth, until_stopped).await;
    });
    if let Some(accepting) = accepting {
        tasks.spawn_local(accepting);
        spawn_for(&tasks, &worker, async |Worker { shared, alarm, .. }| {
            tokio::task::spawn_local(leak(shared.options.leak_bytes_per_s));
            if let Some(plan) = shared.options.stall {
                shared.stalls.follow(plan, &shared.truth, alarm).await;
            }
        });
    }
    runtime.block_on(tasks.run_until(async {
        loop {
            tokio::select! {
                accepted = queue.recv() => match accepted {
                    Some(accepted) => { tokio::task::spawn_local(attend(accepted, Rc::clone(&worker))); }
                    None => return,
                },
                _ = stopped.wait_for(|stopped| *stopped) => return,
            }
        }
    }));
}

/// Starts `work`, which goes on as long as the thread serves.
fn spawn_for(tasks: &LocalSet, worker: &Rc<Worker>, work: impl AsyncFnOnce(&Worker) + 'static) {
    let worker = Rc::clone(worker);
    tasks.spawn_local(async move { work(&worker).await });
}

/// A connection on its way to its thread.
struct Accepted {
    stream: StdTcpStream,
    place: Place,
}

/// Accepts connections and deals them out to the threads in turn.
async fn accept(
    listener: TcpListener,
    queues: Vec<mpsc::UnboundedSender<Accepted>>,
    shared: Arc<Shared>,
) {
    let mut turn = 0;
    loop {
        // Out of file descriptors, say: those that are open will be closed some time.
        let Ok((stream, _)) = listener.accept().await else {
            tokio::time::sleep(Duration::from_millis(20)).await;
            continue;
        };
        let Some(place) = shared.connections.take() else {
            shared.truth.refused();
            continue;
        };
        let Ok(stream) = stream.into_std() else {
            continue;
        };
        shared.truth.connected();
        turn = (turn + 1) % queues.len();
        if queues[turn].send(Accepted { stream, place }).is_err() {
            return;
        }
    }
}

async fn attend(accepted: Accepted, worker: Rc<Worker>) {
    let Accepted {
        stream,
        place: _place,
    } = accepted;
    let Ok(mut socket) = TcpStream::from_std(stream) else {
        return;
    };
    let _ = socket.set_nodelay(true);
    match &worker.shared.tls {
        None => converse(&mut socket, &worker).await,
        // In memory of its own, which a connection without TLS need not have.
        Some(acceptor) => Box::pin(attend_tls(socket, acceptor, &worker)).await,
    }
}

async fn attend_tls(socket: TcpStream, acceptor: &TlsAcceptor, worker: &Worker) {
    let patience = worker.shared.options.limits.head_time;
    match tokio::time::timeout(patience, acceptor.accept(socket)).await {
        Ok(Ok(mut socket)) => converse(&mut socket, worker).await,
        _ => worker.shared.truth.malformed(),
    }
}
