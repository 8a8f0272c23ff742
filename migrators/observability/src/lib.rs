//! Step `observability`: tracing, access logs, alerts.
