//! How long requests take. Each worker counts in a table of its own, for one that all shared would go
//! from core to core with every request; what is read is their sum.

use std::{
    collections::BTreeMap,
    sync::{Arc, Mutex, PoisonError},
    time::Duration,
};

use prometheus::{
    Error, HistogramOpts, HistogramVec,
    core::{Collector, Desc},
    proto::{Bucket, Histogram, Metric, MetricFamily},
};

/// See the module.
#[derive(Clone)]
pub(super) struct Durations {
    mine: HistogramVec,
    all: Arc<Mutex<Vec<HistogramVec>>>,
}

impl Durations {
    pub(super) fn new() -> Result<Self, Error> {
        let mine = table()?;
        Ok(Self { all: Arc::new(Mutex::new(vec![mine.clone()])), mine })
    }

    /// A table more, whose counts are read with all others.
    pub(super) fn another(&self) -> Result<Self, Error> {
        let mine = table()?;
        self.all.lock().unwrap_or_else(PoisonError::into_inner).push(mine.clone());
        Ok(Self { mine, ..self.clone() })
    }

    pub(super) fn observe(&self, method: &str, route: &str, status: &str, elapsed: Duration) {
        self.mine.with_label_values(&[method, route, status]).observe(elapsed.as_secs_f64());
    }
}

fn table() -> Result<HistogramVec, Error> {
    HistogramVec::new(
        HistogramOpts::new("http_request_duration_seconds", "Requests by method, route template and status")
            .buckets(vec![0.0005, 0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1.0, 2.5, 5.0, 10.0]),
        &["method", "route", "status"],
    )
}

impl Collector for Durations {
    fn desc(&self) -> Vec<&Desc> {
        self.mine.desc()
    }

    fn collect(&self) -> Vec<MetricFamily> {
        let tables = self.all.lock().unwrap_or_else(PoisonError::into_inner).clone();
        let mut family = None;
        let mut sums: BTreeMap<Vec<String>, Metric> = BTreeMap::new();
        for mut read in tables.iter().flat_map(Collector::collect) {
            for metric in read.take_metric() {
                let labels = metric.get_label().iter().map(|label| label.value().to_owned()).collect();
                sums.entry(labels).and_modify(|sum| add(sum, metric.get_histogram())).or_insert(metric);
            }
            family.get_or_insert(read);
        }
        let mut family = family.unwrap_or_default();
        family.set_metric(sums.into_values().collect());
        vec![family]
    }
}

fn add(sum: &mut Metric, more: &Histogram) {
    let mut histogram = sum.get_histogram().clone();
    let buckets = histogram.get_bucket().iter().zip(more.get_bucket()).map(|(a, b)| {
        let mut bucket = Bucket::default();
        bucket.set_upper_bound(a.upper_bound());
        bucket.set_cumulative_count(a.cumulative_count() + b.cumulative_count());
        bucket
    });
    histogram.set_bucket(buckets.collect());
    histogram.set_sample_count(histogram.get_sample_count() + more.get_sample_count());
    histogram.set_sample_sum(histogram.get_sample_sum() + more.get_sample_sum());
    sum.set_histogram(histogram);
}

#[cfg(test)]
mod tests {
    use prometheus::{Encoder as _, Registry, TextEncoder};

    use super::*;

    #[test]
    fn what_workers_count_is_read_as_one() {
        let registry = Registry::new();
        let first = Durations::new().unwrap();
        registry.register(Box::new(first.clone())).unwrap();
        let second = first.another().unwrap();
        for (worker, ms) in [(&first, 2), (&second, 2), (&second, 700)] {
            worker.observe("GET", "/a", "200", Duration::from_millis(ms));
        }
        second.observe("GET", "/b", "200", Duration::ZERO);
        let mut text = Vec::new();
        TextEncoder::new().encode(&registry.gather(), &mut text).unwrap();
        let text = String::from_utf8(text).unwrap();
        let labels = r#"method="GET",route="/a",status="200""#;
        for line in [
            &format!("http_request_duration_seconds_bucket{{{labels},le=\"0.0025\"}} 2"),
            &format!("http_request_duration_seconds_bucket{{{labels},le=\"+Inf\"}} 3"),
            &format!("http_request_duration_seconds_count{{{labels}}} 3"),
            r#"http_request_duration_seconds_count{method="GET",route="/b",status="200"} 1"#,
        ] {
            assert_eq!(text.lines().filter(|other| *other == line).count(), 1, "{line}: {text}");
        }
    }
}
