//! The table of results.

use std::time::Duration;

use crate::client::Sample;

/// Rounds of one operation, ours and bare.
#[derive(Default)]
pub struct Row {
    /// What was measured.
    pub name: &'static str,
    /// The least ratio, and the one aimed for.
    pub floor: Option<(f64, f64)>,
    /// How often the bare median ours may be at most.
    pub p50_within: Option<f64>,
    /// How often the bare p99 ours may be at most.
    pub p99_within: Option<f64>,
    ours: Vec<f64>,
    bare: Vec<f64>,
    ours_micros: Vec<u32>,
    bare_micros: Vec<u32>,
}

impl Row {
    /// An operation with its floor and aim.
    pub fn new(name: &'static str, floor: Option<(f64, f64)>) -> Self {
        Self { name, floor, ..Self::default() }
    }

    /// The same, and its p99 within so many times the bare one.
    pub fn with_p99(name: &'static str, floor: (f64, f64), times: f64) -> Self {
        Self { p99_within: Some(times), ..Self::new(name, Some(floor)) }
    }

    /// An operation whose median is within so many times the bare one.
    pub fn with_p50(name: &'static str, times: f64) -> Self {
        Self { p50_within: Some(times), ..Self::new(name, None) }
    }

    /// A round of both.
    pub fn add(&mut self, ours: &Sample, bare: &Sample) {
        self.ours.push(ours.rate);
        self.bare.push(bare.rate);
        self.ours_micros.extend(&ours.micros);
        self.bare_micros.extend(&bare.micros);
    }

    /// Nothing was measured, because it wasn't asked for.
    pub const fn is_empty(&self) -> bool {
        self.ours.is_empty()
    }

    /// Median over the rounds of ours ÷ bare.
    fn ratio(&self) -> f64 {
        median(self.ours.iter().zip(&self.bare).map(|(ours, bare)| ours / bare).collect())
    }

    /// Whether the floor holds.
    fn passes(&self) -> bool {
        self.floor.is_none_or(|(floor, _)| self.ratio() >= floor) && self.p99_holds() && self.p50_holds()
    }

    fn p50_holds(&self) -> bool {
        let p50 = |micros: &[u32]| f64::from(percentile_micros(micros, 50));
        self.p50_within.is_none_or(|times| p50(&self.ours_micros) <= times * p50(&self.bare_micros))
    }

    fn p99_holds(&self) -> bool {
        let p99 = |micros: &[u32]| f64::from(percentile_micros(micros, 99));
        self.p99_within.is_none_or(|times| p99(&self.ours_micros) <= times * p99(&self.bare_micros))
    }

    fn line(&self) -> String {
        let ratios: Vec<_> =
            self.ours.iter().zip(&self.bare).map(|(ours, bare)| format!("{:.2}", ours / bare)).collect();
        let (floor, verdict) = match self.floor {
            None => match self.p50_within {
                None => ("-".to_owned(), "-"),
                Some(times) => {
                    let verdict = if self.p50_holds() { "PASS" } else { "FAIL (p50)" };
                    (format!("p50 ≤ {times}×"), verdict)
                }
            },
            Some((floor, aim)) => {
                let verdict = match self.ratio() {
                    _ if !self.p99_holds() => "FAIL (p99)",
                    ratio if ratio >= aim => "PASS, aim met",
                    ratio if ratio >= floor => "PASS",
                    _ => "FAIL",
                };
                (format!("{floor:.2} ({aim:.1})"), verdict)
            }
        };
        format!(
            "{:<18}{:>9.0}{:>9.0}{:>7.2}  {:<16}{:>8}{:>8}{:>9}{:>9}   {floor:<10} {verdict}",
            self.name,
            median(self.ours.clone()),
            median(self.bare.clone()),
            self.ratio(),
            ratios.join(" "),
            percentile(&self.ours_micros, 50),
            percentile(&self.ours_micros, 99),
            percentile(&self.bare_micros, 50),
            percentile(&self.bare_micros, 99),
        )
    }
}

/// The whole report; tells whether every floor holds.
pub fn print(rows: &[Row]) -> bool {
    println!();
    println!(
        "{:<18}{:>9}{:>9}{:>7}  {:<16}{:>8}{:>8}{:>9}{:>9}   {:<10} verdict",
        "operation", "ours /s", "bare /s", "ratio", "rounds", "p50 ms", "p99 ms", "bare p50", "bare p99", "floor(aim)"
    );
    for row in rows {
        println!("{}", row.line());
    }
    rows.iter().all(Row::passes)
}

/// One figure with a ceiling; tells whether it holds.
pub fn print_memory(what: &str, mb: f64, ceiling: Option<f64>) -> bool {
    let passes = ceiling.is_none_or(|ceiling| mb < ceiling);
    let verdict = match ceiling {
        None => String::new(),
        Some(ceiling) => format!("   ceiling {ceiling:.0} MB: {}", if passes { "PASS" } else { "FAIL" }),
    };
    println!("memory, {what:<45}{mb:>6.1} MB{verdict}");
    passes
}

fn median(mut values: Vec<f64>) -> f64 {
    values.sort_by(f64::total_cmp);
    values.get(values.len() / 2).copied().unwrap_or_default()
}

fn percentile_micros(micros: &[u32], percent: usize) -> u32 {
    let mut sorted = micros.to_vec();
    sorted.sort_unstable();
    sorted.get((sorted.len() * percent / 100).min(sorted.len().saturating_sub(1))).copied().unwrap_or_default()
}

fn percentile(micros: &[u32], percent: usize) -> String {
    let micros = percentile_micros(micros, percent);
    format!("{:.2}", Duration::from_micros(u64::from(micros)).as_secs_f64() * 1000.0)
}
