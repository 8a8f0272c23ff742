//! One table per product from operation names to handlers, so that what is announced in
//! `Product::operations` and what is served cannot differ.

/// Defines `NAMES` and `find` from `"Operation" => handler` lines.
macro_rules! operation_table {
    ($handler:ty; $($name:literal => $function:path),* $(,)?) => {
        /// Every operation served.
        pub(crate) const NAMES: &[&str] = &[$($name),*];

        /// The handler of an operation.
        pub(crate) fn find(name: &str) -> Option<$handler> {
            match name {
                $($name => Some($function),)*
                _ => None,
            }
        }
    };
}

/// True for operations that change nothing.
pub(crate) fn is_read(operation: &str) -> bool {
    ["Get", "List", "Describe", "Query"].iter().any(|prefix| operation.starts_with(prefix))
}
