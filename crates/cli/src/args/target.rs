//! What `gatecrash target` is asked for.

use std::path::PathBuf;
use std::time::Duration;

use clap::Args;
use gatecrash_target::{
    CacheOptions, Latency, Limits, ModelOptions, Percent, Service, StallPlan, TargetOptions,
    TlsFiles, TlsOptions,
};

/// What `gatecrash target` is asked for.
#[derive(Debug, Args)]
pub(crate) struct TargetArgs {
    /// Which routes to serve: ai-service (chats on a model, behind a key), clinic (an API with a
    /// small database), knowledge-graph (retrieval and extraction behind slow models), plain (no
    /// service), records (patients in SQLite), support-chat (a cache and a queue in front of a
    /// slow model) or triage (a slow model behind a queue)
    #[arg(value_name = "SERVICE")]
    service: Service,
    /// Port to listen on; by default the service's own, 0 lets the system choose one
    #[arg(long)]
    port: Option<u16>,
    /// Address to listen on
    #[arg(long, default_value = "127.0.0.1")]
    host: String,
    /// How long answers are held back: 5ms, uniform:5ms..20ms, bimodal:5ms,200ms@2%,
    /// normal:20ms,5ms (mean, standard deviation), lognormal:20ms,0.5 (median, sigma) or
    /// pareto:10ms,2.5 (scale, shape); the last three are cut at 10s or where they say, as in
    /// pareto:10ms,2.5,max=1s
    #[arg(long, default_value = "0ms")]
    latency: Latency,
    /// Take this many times longer, 1 to 1000
    #[arg(long, value_name = "TIMES", default_value_t = 1.0)]
    slow: f64,
    /// Share of requests that get an injected 500
    #[arg(long, value_name = "PERCENT", default_value = "0%")]
    errors: Percent,
    /// Take so much memory per second and never give it back, up to 2 GiB, as a leak would
    #[arg(long, value_name = "BYTES", default_value_t = 0)]
    leak: u64,
    /// Use this share of a core beside what serving takes, as a job in the background would
    #[arg(long, value_name = "PERCENT", default_value = "0%")]
    busy: Percent,
    /// Freeze the whole service once for FOR, AFTER the first request came; repeated with
    /// every=TIME. POST /admin/stall?for=2s does so by hand
    #[arg(long, value_name = "AFTER,FOR[,every=TIME]")]
    stall: Option<StallPlan>,
    /// Seed of the draws for latency and errors, the model's too
    #[arg(long, default_value_t = 0)]
    seed: u64,
    /// SQLite file of the service; by default a temporary one
    #[arg(long, value_name = "FILE")]
    db: Option<PathBuf>,
    #[command(flatten)]
    model: ModelArgs,
    #[command(flatten)]
    cache: CacheArgs,
    /// Requests per second that ai-service lets in; beyond them comes 429 with Retry-After
    #[arg(long, value_name = "NUMBER")]
    rate_limit: Option<u32>,
    /// Threads that serve, 1 to 256
    #[arg(long, default_value_t = 1)]
    threads: usize,
    /// Connections at once; by default as many as this process may open files for
    #[arg(long, value_name = "NUMBER")]
    max_connections: Option<usize>,
    /// WebSockets at once
    #[arg(long, value_name = "NUMBER", default_value_t = Limits::default().sockets)]
    max_websockets: usize,
    /// Bytes of a WebSocket's message
    #[arg(long, value_name = "BYTES", default_value_t = Limits::default().message_bytes)]
    max_message: usize,
    /// Messages by which a WebSocket's reader may fall behind before it is dropped
    #[arg(long, value_name = "NUMBER", default_value_t = Limits::default().queue_messages)]
    max_queue: usize,
    #[command(flatten)]
    tls: TlsArgs,
}

/// What is asked of a service with a model.
#[derive(Debug, Args)]
struct ModelArgs {
    /// How long a service's model works on a request, in the forms of --latency; by default what
    /// the service takes for its own
    #[arg(long, value_name = "LATENCY")]
    model_time: Option<Latency>,
    /// Requests that the model works on at once
    #[arg(long, value_name = "NUMBER", default_value_t = ModelOptions::default().slots)]
    model_slots: usize,
    /// Requests that may wait for the model; beyond them comes 503
    #[arg(long, value_name = "NUMBER", default_value_t = ModelOptions::default().waiting)]
    model_queue: usize,
    /// Share of requests at which the model of ai-service fails; five in a row open its breaker
    #[arg(long, value_name = "PERCENT", default_value = "0%")]
    model_errors: Percent,
}

/// What is asked of a service with a cache of answers.
#[derive(Debug, Args)]
struct CacheArgs {
    /// Keep the answers of a service's cache in the Redis at this URL, such as
    /// redis://127.0.0.1:6379/0; by default they are kept in this process
    #[arg(long, value_name = "URL")]
    redis: Option<String>,
    /// How long an answer stays in the cache, such as 500ms or 10m; by default 1h
    #[arg(long, value_name = "DURATION", value_parser = gatecrash_plan::duration::parse)]
    cache_ttl: Option<Duration>,
    /// How many answers the cache keeps; the one that ends first makes room. By default 10000
    #[arg(long, value_name = "NUMBER", value_parser = clap::value_parser!(u32).range(1..))]
    cache_entries: Option<u32>,
    /// Keep no answers: every request is the model's
    #[arg(long, conflicts_with_all = ["redis", "cache_ttl", "cache_entries"])]
    no_cache: bool,
}

/// How HTTPS is asked for.
#[derive(Debug, Args)]
struct TlsArgs {
    /// Serve HTTPS, with a certificate made at start unless --tls-cert is given
    #[arg(long)]
    tls: bool,
    /// Certificate chain to serve with, PEM
    #[arg(long, value_name = "FILE", requires = "tls_key", requires = "tls")]
    tls_cert: Option<PathBuf>,
    /// Its private key, PEM
    #[arg(long, value_name = "FILE", requires = "tls_cert")]
    tls_key: Option<PathBuf>,
    /// Write the certificate that clients have to trust to this file, PEM
    #[arg(long, value_name = "FILE", requires = "tls")]
    ca_out: Option<PathBuf>,
    /// Ask clients for certificates of the authorities in this file, PEM
    #[arg(long, value_name = "FILE", requires = "tls")]
    client_ca: Option<PathBuf>,
}

impl From<TargetArgs> for TargetOptions {
    fn from(args: TargetArgs) -> Self {
        Self {
            service: args.service,
            host: args.host,
            port: args.port.unwrap_or(args.service.port()),
            latency: args.latency,
            slow: args.slow,
            errors: args.errors,
            leak_bytes_per_s: args.leak,
            busy: args.busy,
            stall: args.stall,
            seed: args.seed,
            db: args.db,
            model: ModelOptions {
                time: args.model.model_time,
                slots: args.model.model_slots,
                waiting: args.model.model_queue,
                errors: args.model.model_errors,
            },
            cache: CacheOptions {
                redis: args.cache.redis,
                ttl: args.cache.cache_ttl,
                entries: args.cache.cache_entries.map(|number| number as usize),
                off: args.cache.no_cache,
            },
            rate_limit_per_s: args.rate_limit,
            threads: args.threads,
            tls: args.tls.into_options(),
            limits: Limits {
                connections: args.max_connections,
                sockets: args.max_websockets,
                message_bytes: args.max_message,
                queue_messages: args.max_queue,
                ..Limits::default()
            },
        }
    }
}

impl TlsArgs {
    fn into_options(self) -> Option<TlsOptions> {
        let identity = self
            .tls_cert
            .zip(self.tls_key)
            .map(|(cert, key)| TlsFiles { cert, key });
        self.tls.then_some(TlsOptions {
            identity,
            ca_out: self.ca_out,
            client_ca: self.client_ca,
        })
    }
}
