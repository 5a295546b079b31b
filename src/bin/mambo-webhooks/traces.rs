//! Spans for a collector of OpenTelemetry, where the program was built with feature `otlp`.

/// Where a worker sends its spans.
#[derive(clap::Args)]
pub struct Traces {
    /// Send a span for each attempt to this collector of OpenTelemetry, such as `http://127.0.0.1:4318`, by OTLP over HTTP.
    /// Without it, `OTEL_EXPORTER_OTLP_ENDPOINT` and `OTEL_EXPORTER_OTLP_TRACES_ENDPOINT` say where.
    #[cfg(feature = "otlp")]
    #[arg(long, value_name = "URL")]
    otlp: Option<String>,
}

#[cfg(feature = "otlp")]
mod exporting {
    use mambo_webhooks::send::Otlp;

    use super::Traces;
    use crate::show::{describe, remark};

    /// Spans on their way.
    pub struct Exporting(Option<Otlp>);

    impl Traces {
        /// Starts the log, and the export if a collector is named.
        pub fn start(&self) -> Result<Exporting, String> {
            let is_set = |name| std::env::var_os(name).is_some_and(|value| !value.is_empty());
            let of_environment = is_set("OTEL_EXPORTER_OTLP_ENDPOINT") || is_set("OTEL_EXPORTER_OTLP_TRACES_ENDPOINT");
            let otlp = (self.otlp.is_some() || of_environment).then(|| Otlp::new(self.otlp.as_deref()));
            let otlp = otlp.transpose().map_err(describe)?;
            crate::runtime::logs(otlp.as_ref().map(Otlp::layer));
            Ok(Exporting(otlp))
        }
    }

    impl Exporting {
        /// Sends what is left.
        pub fn finish(self) {
            if let Some(Err(error)) = self.0.map(|otlp| otlp.shutdown()) {
                remark(&describe(error));
            }
        }
    }
}

#[cfg(not(feature = "otlp"))]
mod exporting {
    use tracing_subscriber::layer::Identity;

    use super::Traces;

    /// No spans.
    pub struct Exporting;

    #[expect(clippy::unused_self, clippy::unnecessary_wraps, reason = "the same signatures as with the feature")]
    impl Traces {
        /// Starts the log.
        pub fn start(&self) -> Result<Exporting, String> {
            crate::runtime::logs(None::<Identity>);
            Ok(Exporting)
        }
    }

    #[expect(clippy::unused_self, reason = "the same signatures as with the feature")]
    impl Exporting {
        /// Does nothing.
        pub fn finish(self) {}
    }
}
