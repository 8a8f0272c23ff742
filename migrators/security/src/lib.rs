//! Step `security`: address lists, global authentication, consumers and their grants.
