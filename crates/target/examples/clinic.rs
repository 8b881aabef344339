//! Serves the clinic until it is killed: `cargo run -p gatecrash-target --example clinic -- --port 0`

use std::io::Write;
use std::path::PathBuf;

use clap::Parser;
use gatecrash_target::{Latency, Percent, Service, TargetOptions, TlsOptions, serve};

#[derive(Parser)]
struct Args {
    #[arg(default_value = "clinic")]
    service: Service,
    #[arg(long, default_value = "127.0.0.1")]
    host: String,
    #[arg(long, default_value_t = 8000)]
    port: u16,
    #[arg(long, default_value = "0")]
    latency: Latency,
    #[arg(long, default_value_t = 1.0)]
    slow: f64,
    #[arg(long, default_value = "0%")]
    errors: Percent,
    #[arg(long, default_value_t = 0)]
    seed: u64,
    #[arg(long)]
    db: Option<PathBuf>,
    #[arg(long, default_value_t = 1)]
    threads: usize,
    #[arg(long)]
    tls_ca_out: Option<PathBuf>,
}

fn main() -> anyhow::Result<()> {
    let args = Args::parse();
    let server = serve(TargetOptions {
        service: args.service,
        host: args.host,
        port: args.port,
        latency: args.latency,
        slow: args.slow,
        errors: args.errors,
        seed: args.seed,
        db: args.db,
        threads: args.threads,
        tls: args.tls_ca_out.map(|ca_out| TlsOptions {
            ca_out: Some(ca_out),
            ..TlsOptions::default()
        }),
        ..TargetOptions::default()
    })?;
    let mut stdout = std::io::stdout();
    writeln!(stdout, "listening on {}", server.url())?;
    stdout.flush()?;
    server.wait();
    Ok(())
}
