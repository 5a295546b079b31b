//! Attempts as spans for a collector of OpenTelemetry: OTLP over HTTP, in protobuf. Feature `otlp`.

use alloc::format;
use alloc::string::{String, ToString};
use alloc::sync::Arc;
use core::fmt;
use core::time::Duration;
use std::time::SystemTime;

use opentelemetry::trace::{SpanContext, SpanId, SpanKind, Status, TraceFlags, TraceId, TraceState};
use opentelemetry::{InstrumentationScope, KeyValue};
use opentelemetry_otlp::{SpanExporter, WithExportConfig};
use opentelemetry_sdk::Resource;
use opentelemetry_sdk::trace::{BatchSpanProcessor, SpanData, SpanEvents, SpanLinks, SpanProcessor};
use tracing::field::{Field, Visit};
use tracing::level_filters::LevelFilter;
use tracing::span::{Attributes, Id};
use tracing::{Event, Subscriber};
use tracing_subscriber::Layer;
use tracing_subscriber::filter::filter_fn;
use tracing_subscriber::layer::Context;
use tracing_subscriber::registry::LookupSpan;

use super::error::SendError;

/// Where attempts are traced.
const TARGET: &str = "mambo_webhooks::send::worker::attempt";
/// The path of traces below a collector's URL.
const TRACES: &str = "v1/traces";
/// How long what is left may take to be sent at the end.
const SHUTDOWN_TIMEOUT: Duration = Duration::from_secs(5);

/// Sends a span for each attempt to a collector. Clones share its queue, which drops spans when it is full and never holds
/// up a delivery.
#[derive(Clone, Debug)]
pub struct Otlp(Arc<BatchSpanProcessor>);

impl Otlp {
    /// Starts to export to a collector's URL, such as `http://127.0.0.1:4318`. Without one, the variables of OpenTelemetry
    /// (`OTEL_EXPORTER_OTLP_ENDPOINT` and so on) say where.
    ///
    /// # Errors
    /// `client_failed`, when the URL is malformed or TLS cannot be set up.
    pub fn new(endpoint: Option<&str>) -> Result<Self, SendError> {
        let mut builder = SpanExporter::builder().with_http();
        if let Some(endpoint) = endpoint {
            let base = endpoint.trim_end_matches('/');
            let url = if base.ends_with(TRACES) { base.to_string() } else { format!("{base}/{TRACES}") };
            builder = builder.with_endpoint(url);
        }
        let exporter = builder.build().map_err(|error| SendError::ClientFailed { what: format!("OTLP: {error}") })?;
        let mut processor = BatchSpanProcessor::builder(exporter).build();
        let resource = Resource::builder();
        let is_named = std::env::var_os("OTEL_SERVICE_NAME").is_some();
        let resource = if is_named { resource } else { resource.with_service_name("mambo-webhooks") };
        processor.set_resource(&resource.build());
        Ok(Self(Arc::new(processor)))
    }

    /// Returns a layer for the program's subscriber.
    #[must_use]
    pub fn layer<S: Subscriber + for<'span> LookupSpan<'span>>(&self) -> impl Layer<S> + use<S> {
        let filter = filter_fn(|metadata| metadata.target() == TARGET);
        Attempts(self.clone()).with_filter(filter.with_max_level_hint(LevelFilter::INFO))
    }

    /// Sends what is left, for at most five seconds.
    ///
    /// # Errors
    /// `client_failed`, when the collector did not take it in time.
    pub fn shutdown(&self) -> Result<(), SendError> {
        let done = self.0.shutdown_with_timeout(SHUTDOWN_TIMEOUT);
        done.map_err(|error| SendError::ClientFailed { what: format!("OTLP: {error}") })
    }
}

#[expect(clippy::disallowed_methods, reason = "spans have the times of the wall clock, and nothing depends on them")]
fn wall_clock() -> SystemTime {
    SystemTime::now()
}

/// The layer: a span of an attempt that ends becomes one of OpenTelemetry.
struct Attempts(Otlp);

/// What is known of an attempt so far. Neither the URL's path nor a header or body is among it.
struct Attempt {
    started: SystemTime,
    traceparent: String,
    caller: String,
    status: Option<u64>,
    failure: Option<String>,
    attributes: alloc::vec::Vec<KeyValue>,
}

impl<S: Subscriber + for<'span> LookupSpan<'span>> Layer<S> for Attempts {
    fn on_new_span(&self, attributes: &Attributes<'_>, id: &Id, context: Context<'_, S>) {
        let Some(span) = context.span(id) else { return };
        let mut attempt = Attempt {
            started: wall_clock(),
            traceparent: String::new(),
            caller: String::new(),
            status: None,
            failure: None,
            attributes: alloc::vec![KeyValue::new("http.request.method", "POST")],
        };
        attributes.record(&mut attempt);
        span.extensions_mut().insert(attempt);
    }

    fn on_event(&self, event: &Event<'_>, context: Context<'_, S>) {
        let Some(span) = context.event_span(event) else { return };
        if let Some(attempt) = span.extensions_mut().get_mut::<Attempt>() {
            event.record(attempt);
        }
    }

    fn on_close(&self, id: Id, context: Context<'_, S>) {
        let attempt = context.span(&id).and_then(|span| span.extensions_mut().remove::<Attempt>());
        if let Some(data) = attempt.and_then(span_data) {
            self.0.0.on_end(data);
        }
    }
}

impl Visit for Attempt {
    fn record_debug(&mut self, _: &Field, _: &dyn fmt::Debug) {}

    fn record_str(&mut self, field: &Field, value: &str) {
        let name = match field.name() {
            "traceparent" => return self.traceparent = value.to_string(),
            "caller" => return self.caller = value.to_string(),
            "failure" => return self.failure = Some(value.to_string()),
            "event" => "mambo.event",
            "tenant" => "mambo.tenant",
            "endpoint" => "mambo.endpoint",
            "server" => "server.address",
            _ => return,
        };
        self.attributes.push(KeyValue::new(name, value.to_string()));
    }

    fn record_i64(&mut self, field: &Field, value: i64) {
        if field.name() == "delivery" {
            self.attributes.push(KeyValue::new("mambo.delivery", value));
        }
    }

    fn record_u64(&mut self, field: &Field, value: u64) {
        let name = match field.name() {
            "status" => {
                self.status = Some(value);
                "http.response.status_code"
            }
            "number" => "mambo.attempt",
            "port" => "server.port",
            _ => return,
        };
        self.attributes.push(KeyValue::new(name, i64::try_from(value).unwrap_or(i64::MAX)));
    }
}

/// The ids of a `traceparent`, and whether the trace is recorded.
fn ids(traceparent: &str) -> Option<(TraceId, SpanId, bool)> {
    let mut parts = traceparent.split('-').skip(1);
    let (trace, span, flags) = (parts.next()?, parts.next()?, parts.next()?);
    Some((TraceId::from_hex(trace).ok()?, SpanId::from_hex(span).ok()?, flags.ends_with('1')))
}

/// The span of an attempt; `None` when its trace is not recorded.
fn span_data(mut attempt: Attempt) -> Option<SpanData> {
    let (trace, span, is_sampled) = ids(&attempt.traceparent)?;
    if !is_sampled {
        return None;
    }
    let caller = ids(&attempt.caller).map(|(_, caller, _)| caller);
    let is_delivered = attempt.status.is_some_and(|status| (200..300).contains(&status));
    let failure = attempt.failure.or_else(|| attempt.status.map(|status| status.to_string()));
    let error = failure.filter(|_| !is_delivered);
    let status = error.as_ref().map_or(Status::Unset, |error| Status::error(error.clone()));
    attempt.attributes.extend(error.map(|error| KeyValue::new("error.type", error)));
    Some(SpanData {
        span_context: SpanContext::new(trace, span, TraceFlags::SAMPLED, false, TraceState::NONE),
        parent_span_id: caller.unwrap_or(SpanId::INVALID),
        parent_span_is_remote: caller.is_some(),
        span_kind: SpanKind::Client,
        name: "POST".into(),
        start_time: attempt.started,
        end_time: wall_clock(),
        attributes: attempt.attributes,
        dropped_attributes_count: 0,
        events: SpanEvents::default(),
        links: SpanLinks::default(),
        status,
        instrumentation_scope: InstrumentationScope::builder("mambo-webhooks").build(),
    })
}
