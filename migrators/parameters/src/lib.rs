//! Step `parameters`: gateway parameters by effective value.
