//! Step `plugins`: the provider's plugins, custom binaries and their rules.
