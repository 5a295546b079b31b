//! What a process that waits needs: a runtime, signals, file descriptors, a log.

use tracing::level_filters::LevelFilter;
use tracing_subscriber::layer::SubscriberExt;
use tracing_subscriber::util::SubscriberInitExt;
use tracing_subscriber::{EnvFilter, Layer, Registry};

/// The runtime of every command that waits for something.
pub fn runtime() -> Result<tokio::runtime::Runtime, String> {
    tokio::runtime::Builder::new_multi_thread().enable_all().build().map_err(|error| error.to_string())
}

/// Waits for Ctrl-C or SIGTERM. From then on, a second signal ends the process at once.
pub async fn asked_to_stop() {
    let terminate = tokio::signal::unix::SignalKind::terminate();
    let Ok(mut terminated) = tokio::signal::unix::signal(terminate) else { return std::future::pending().await };
    let mut asked = async move || {
        tokio::select! {
            _ = tokio::signal::ctrl_c() => 130,
            _ = terminated.recv() => 143,
        }
    };
    asked().await;
    tokio::spawn(async move {
        let code = asked().await;
        eprintln!("mambo-webhooks: asked twice, ending at once; what is in flight is sent again");
        std::process::exit(code);
    });
}

/// Lets this process have as many file descriptors as it may: each attempt takes one.
pub fn raise_limit() {
    use rustix::process::{Resource, Rlimit, getrlimit, setrlimit};
    let limit = getrlimit(Resource::Nofile);
    // A limit that cannot be raised is kept to.
    let _kept = setrlimit(Resource::Nofile, Rlimit { current: limit.maximum, ..limit });
}

/// Lets no dump of this process's memory be written, which holds secrets.
pub fn keep_no_dump() {
    use rustix::process::{Resource, Rlimit, setrlimit};
    let _kept = setrlimit(Resource::Core, Rlimit { current: Some(0), maximum: Some(0) });
    #[cfg(target_os = "linux")]
    let _dumpable = rustix::process::set_dumpable_behavior(rustix::process::DumpableBehavior::NotDumpable);
}

/// Logs to standard error, as `RUST_LOG` says, and hands spans to another layer.
pub fn logs(spans: Option<impl Layer<Registry> + Send + Sync>) {
    let filter = EnvFilter::builder().with_default_directive(LevelFilter::INFO.into()).from_env_lossy();
    let logs = tracing_subscriber::fmt::layer().with_writer(std::io::stderr).with_filter(filter);
    tracing_subscriber::registry().with(spans).with(logs).init();
}
