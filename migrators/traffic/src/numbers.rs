//! The numbers that gates judge, asked of their sources: metric expressions for both gateways, an HTTP
//! address for numbers of the business. An answer that is none is told in words and is no zero.

use gateshift_sdk::api::{CallFailure, CallKind, Host, MetricQuery, MetricSample};
use gateshift_sdk::call::roa;
use gateshift_sdk::model::Timestamp;

use crate::facts::Facts;
use crate::gate::{Bin, Business, Counts, Expressions, Load, Pair, Raw, checked};
use crate::measure::METRICS;

/// Role of the connection to numbers of the business.
pub(crate) const BUSINESS: &str = "business";
/// Action of the request for them.
pub(crate) const NUMBERS: &str = "numbers";

/// All that the gates want to know of the last `window` seconds.
pub(crate) async fn read(
    host: &dyn Host,
    facts: &Facts,
    window: u64,
    span: (Timestamp, Timestamp),
) -> Result<(Bin, Vec<Load>), String> {
    let mut bin = Bin { seconds: window as f64, ..Bin::default() };
    if let Some(health) = &facts.gates.health {
        bin.source = counts(host, &health.expressions, facts, false, window).await?;
        bin.target = counts(host, &health.expressions, facts, true, window).await?;
    }
    for gate in &facts.gates.business {
        let pair = Pair {
            source: cases(host, gate, "old", span).await?,
            target: cases(host, gate, "new", span).await?,
        };
        bin.business.insert(gate.name.clone(), pair);
    }
    Ok((bin, load(host, facts).await?))
}

/// The target's load at this moment.
pub(crate) async fn load(host: &dyn Host, facts: &Facts) -> Result<Vec<Load>, String> {
    let mut found = Vec::new();
    for (name, expression) in facts.gates.load.iter().flat_map(|gate| &gate.measures) {
        let value = one(host, &expression.replace("{gateway}", &facts.target)).await?;
        found.push(Load { name: name.clone(), value });
    }
    Ok(found)
}

/// What one gateway did in the last `window` seconds.
pub(crate) async fn counts(
    host: &dyn Host,
    expressions: &Expressions,
    facts: &Facts,
    is_target: bool,
    window: u64,
) -> Result<Counts, String> {
    let (source, target) = expressions
        .names
        .as_ref()
        .map_or((&facts.source, &facts.target), |(source, target)| (source, target));
    let gateway = if is_target { target } else { source };
    let filled = |text: &str| text.replace("{gateway}", gateway).replace("{window}", &format!("{window}s"));
    let requests = one(host, &filled(&expressions.requests)).await?;
    let failed = one(host, &filled(&expressions.failed)).await?;
    let refused = one(host, &filled(&expressions.refused)).await?;
    let within = if expressions.within.is_empty() {
        Vec::new()
    } else {
        histogram(&ask(host, &filled(&expressions.within)).await?)?
    };
    checked(Raw { requests, failed, refused, within }).map_err(|reason| format!("`{gateway}`: {reason}"))
}

async fn ask(host: &dyn Host, expression: &str) -> Result<Vec<MetricSample>, String> {
    let query = MetricQuery { connection: METRICS.to_owned(), expression: expression.to_owned() };
    host.query(query).await.map_err(|failure| failure.to_string())
}

async fn one(host: &dyn Host, expression: &str) -> Result<f64, String> {
    match ask(host, expression).await?.as_slice() {
        [sample] => sample.value.ok_or_else(|| format!("`{expression}` is not a number")),
        [] => Err(format!("`{expression}` has no series")),
        more => Err(format!("`{expression}` has {} series instead of one", more.len())),
    }
}

/// Requests by the bound of their time, from series with the label `le`.
fn histogram(samples: &[MetricSample]) -> Result<Vec<(f64, f64)>, String> {
    let mut buckets = Vec::new();
    for sample in samples {
        let Some(le) = sample.labels.get("le") else {
            return Err("a series of the histogram has no label `le`".to_owned());
        };
        let bound = if le == "+Inf" { Ok(f64::INFINITY) } else { le.parse::<f64>() };
        let bound = bound.map_err(|_| format!("the histogram has the bound `{le}`, which is no number"))?;
        let value =
            sample.value.ok_or_else(|| format!("the histogram's count up to {le} is not a number"))?;
        buckets.push((bound, value));
    }
    if buckets.is_empty() { Err("the histogram of times has no series".to_owned()) } else { Ok(buckets) }
}

/// Whether there is a source of business numbers at all. One that is there and does not answer is not "none".
pub(crate) async fn has_business(host: &dyn Host) -> bool {
    let call = roa(BUSINESS, NUMBERS, CallKind::Read, "GET", &[]);
    let asked = host.call(call.build()).await;
    !matches!(asked, Err(CallFailure::Host(error)) if error.code == "GS-NO-CONNECTION")
}

/// Cases without success of all cases of one side.
async fn cases(
    host: &dyn Host,
    gate: &Business,
    side: &str,
    (from, to): (Timestamp, Timestamp),
) -> Result<(f64, f64), String> {
    let call = roa(BUSINESS, NUMBERS, CallKind::Read, "GET", &[])
        .query("gate", &gate.name)
        .query("side", side)
        .query("from", from.0)
        .query("to", to.0);
    let reply = host.call(call.build()).await.map_err(|failure| failure.to_string())?;
    let number = |name: &str| reply.body[name].as_f64().filter(|number| number.is_finite() && *number >= 0.0);
    let (Some(total), Some(good)) = (number("total"), number("good")) else {
        return Err(format!("the numbers of `{}` for the {side} side have no `good` and `total`", gate.name));
    };
    if good > total {
        return Err(format!("`{}` has {good} good cases of {total} for the {side} side", gate.name));
    }
    if let Some(until) = number("until").filter(|until| *until < to.0 as f64) {
        let late = (to.0 as f64 - until) / 1000.0;
        return Err(format!("the numbers of `{}` for the {side} side end {late:.0} s ago", gate.name));
    }
    Ok((total - good, total))
}

#[cfg(test)]
mod prometheus;
