//! Logs and metrics. Logs carry a request id and no personal data; metrics are Prometheus text.

mod durations;

use std::{io::IsTerminal as _, time::Duration};

use chrono::{DateTime, Utc};
use prometheus::{
    Encoder as _, HistogramOpts, HistogramVec, IntCounterVec, IntGauge, IntGaugeVec, Opts, Registry, TextEncoder,
};
use tracing_subscriber::fmt::MakeWriter;

use self::durations::Durations;
use crate::config::{LogFormat, Settings};

/// Starts logging to the terminal, once a process; later calls change nothing.
pub fn start_logging(settings: &Settings) {
    start_logging_to(settings, std::io::stderr);
}

/// Starts logging to `writer`, once a process; later calls change nothing.
pub fn start_logging_to(settings: &Settings, writer: impl for<'w> MakeWriter<'w> + Send + Sync + 'static) {
    let filter = tracing_subscriber::EnvFilter::try_new(&settings.log)
        .unwrap_or_else(|_| tracing_subscriber::EnvFilter::new("info"));
    let builder = tracing_subscriber::fmt()
        .with_env_filter(filter)
        .with_writer(writer)
        // Colours on a terminal only: in a file they are noise.
        .with_ansi(std::io::stderr().is_terminal());
    let started = match settings.log_format {
        LogFormat::Json => builder.json().flatten_event(true).try_init(),
        LogFormat::Text => builder.try_init(),
    };
    if started.is_err() {
        tracing::debug!("logging was started before");
    }
}

/// Every series of the program.
#[derive(Clone)]
pub struct Metrics {
    registry: Registry,
    requests: Durations,
    pool: IntGaugeVec,
    domain: IntCounterVec,
    job_runs: IntCounterVec,
    job_done: IntCounterVec,
    job_ok_at: IntGaugeVec,
    job_waiting: IntGaugeVec,
    wechat: IntGaugeVec,
    oldest_message: IntGauge,
    misconfigured_messages: IntGauge,
    way_calls: HistogramVec,
    way_fallbacks: IntCounterVec,
    ways_held_back: IntGauge,
}

impl Metrics {
    /// All series, at zero.
    pub fn new() -> Result<Self, prometheus::Error> {
        let registry = Registry::new();
        let requests = Durations::new()?;
        let pool = IntGaugeVec::new(
            Opts::new("db_pool_connections", "Database connections of the answering worker"),
            &["state"],
        )?;
        let domain = IntCounterVec::new(Opts::new("domain_events_total", "What happened, and how often"), &["event"])?;
        let job_runs = IntCounterVec::new(
            Opts::new("job_runs_total", "Turns of background jobs of this process"),
            &["job", "outcome"],
        )?;
        let job_done =
            IntCounterVec::new(Opts::new("job_done_total", "What background jobs did, in pieces"), &["job"])?;
        let job_ok_at = IntGaugeVec::new(
            Opts::new("job_last_ok_timestamp_seconds", "When a background job of this process last succeeded"),
            &["job"],
        )?;
        let job_waiting = IntGaugeVec::new(
            Opts::new("job_waiting", "Pieces that wait for a background job, over all replicas"),
            &["job"],
        )?;
        let wechat = IntGaugeVec::new(
            Opts::new("wechat_calls_troubled", "1 while calls of a kind are refused for our settings, or held back"),
            &["call", "trouble"],
        )?;
        registry.register(Box::new(wechat.clone()))?;
        let oldest_message = IntGauge::new(
            "messages_oldest_waiting_seconds",
            "How long the oldest message has waited to be sent, over all replicas",
        )?;
        registry.register(Box::new(oldest_message.clone()))?;
        let misconfigured_messages = IntGauge::new(
            "messages_waiting_misconfigured",
            "Messages that wait because WeChat refuses our settings, over all replicas",
        )?;
        registry.register(Box::new(misconfigured_messages.clone()))?;
        let way_calls = HistogramVec::new(
            HistogramOpts::new("walking_call_duration_seconds", "Calls to the routing engine by kind and outcome")
                .buckets(vec![0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1.0, 2.5, 5.0]),
            &["call", "outcome"],
        )?;
        registry.register(Box::new(way_calls.clone()))?;
        let way_fallbacks = IntCounterVec::new(
            Opts::new("walking_fallbacks_total", "Questions that were estimated though there is an engine, by reason"),
            &["reason"],
        )?;
        registry.register(Box::new(way_fallbacks.clone()))?;
        let ways_held_back =
            IntGauge::new("walking_held_back", "1 while the breaker keeps calls from the routing engine")?;
        registry.register(Box::new(ways_held_back.clone()))?;
        registry.register(Box::new(job_runs.clone()))?;
        registry.register(Box::new(job_done.clone()))?;
        registry.register(Box::new(job_ok_at.clone()))?;
        registry.register(Box::new(job_waiting.clone()))?;
        registry.register(Box::new(requests.clone()))?;
        registry.register(Box::new(pool.clone()))?;
        registry.register(Box::new(domain.clone()))?;
        Ok(Self {
            registry,
            requests,
            pool,
            domain,
            job_runs,
            job_done,
            job_ok_at,
            job_waiting,
            wechat,
            oldest_message,
            misconfigured_messages,
            way_calls,
            way_fallbacks,
            ways_held_back,
        })
    }

    /// The same series for another worker.
    pub fn of_worker(&self) -> Result<Self, prometheus::Error> {
        Ok(Self { requests: self.requests.another()?, ..self.clone() })
    }

    /// Counts a request and its time.
    pub fn request(&self, method: &str, route: &str, status: u16, elapsed: Duration) {
        let mut buffer = [0; 3];
        self.requests.observe(method, route, status_text(status, &mut buffer), elapsed);
    }

    /// Counts a domain event: `booking_created`, `voucher_claimed`, `redeemed`, `rated`, …
    pub fn event(&self, event: &str) {
        self.domain.with_label_values(&[event]).inc();
    }

    /// Counts a turn of a background job: what it did, or that it failed, and when.
    pub fn job(&self, job: &str, done: Option<u64>, at: DateTime<Utc>) {
        self.job_runs.with_label_values(&[job, if done.is_some() { "ok" } else { "failed" }]).inc();
        if let Some(done) = done {
            self.job_done.with_label_values(&[job]).inc_by(done);
            self.job_ok_at.with_label_values(&[job]).set(at.timestamp());
        }
    }

    /// How many pieces wait for a background job.
    pub fn waiting(&self, job: &str, pieces: u64) {
        self.job_waiting.with_label_values(&[job]).set(i64::try_from(pieces).unwrap_or(i64::MAX));
    }

    /// Whether calls of a kind to WeChat are refused for our settings, or held back by the breaker.
    pub fn wechat(&self, call: &str, misconfigured: bool, held_back: bool) {
        self.wechat.with_label_values(&[call, "misconfigured"]).set(i64::from(misconfigured));
        self.wechat.with_label_values(&[call, "held_back"]).set(i64::from(held_back));
    }

    /// How many messages wait because WeChat refuses our settings.
    pub fn misconfigured_messages(&self, messages: u64) {
        self.misconfigured_messages.set(i64::try_from(messages).unwrap_or(i64::MAX));
    }

    /// Whether any do, as measured last.
    #[must_use]
    pub fn any_misconfigured(&self) -> bool {
        self.misconfigured_messages.get() > 0
    }

    /// How long the oldest message has waited, in seconds.
    pub fn oldest_message(&self, seconds: i64) {
        self.oldest_message.set(seconds);
    }

    /// Counts a call to the routing engine.
    pub fn way_call(&self, call: &str, outcome: &str, elapsed: Duration) {
        self.way_calls.with_label_values(&[call, outcome]).observe(elapsed.as_secs_f64());
    }

    /// Counts a question that was estimated though there is a routing engine.
    pub fn way_fallback(&self, reason: &str) {
        self.way_fallbacks.with_label_values(&[reason]).inc();
    }

    /// Whether the breaker keeps calls from the routing engine.
    pub fn ways_held_back(&self, held_back: bool) {
        self.ways_held_back.set(i64::from(held_back));
    }

    /// Everything as Prometheus text, with the pool's present use.
    pub fn render(&self, pool: (u32, usize)) -> Result<Vec<u8>, prometheus::Error> {
        self.pool.with_label_values(&["open"]).set(i64::from(pool.0));
        self.pool.with_label_values(&["idle"]).set(i64::try_from(pool.1).unwrap_or(i64::MAX));
        let mut out = Vec::new();
        TextEncoder::new().encode(&self.registry.gather(), &mut out)?;
        Ok(out)
    }
}

fn status_text(status: u16, buffer: &mut [u8; 3]) -> &str {
    for (i, digit) in buffer.iter_mut().enumerate() {
        *digit = b'0' + u8::try_from(status / [100, 10, 1][i] % 10).unwrap_or(0);
    }
    std::str::from_utf8(buffer).unwrap_or("000")
}
