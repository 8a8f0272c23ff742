//! Statements that both databases understand, with their values, apart from the database that takes them.

use sqlx::Error;

/// What a statement is given.
#[derive(Debug, Clone, PartialEq)]
pub(crate) enum Value {
    Number(i64),
    Text(String),
    MaybeText(Option<String>),
    Bytes(Vec<u8>),
}

/// A statement; values stand as `$1`, `$2` in its text.
#[derive(Debug, Clone, PartialEq)]
pub(crate) struct Statement {
    pub(crate) sql: &'static str,
    pub(crate) values: Vec<Value>,
}

impl Statement {
    pub(crate) fn new(sql: &'static str) -> Self {
        Self { sql, values: Vec::new() }
    }

    pub(crate) fn number(mut self, value: i64) -> Self {
        self.values.push(Value::Number(value));
        self
    }

    pub(crate) fn text(mut self, value: impl ToString) -> Self {
        self.values.push(Value::Text(value.to_string()));
        self
    }

    pub(crate) fn maybe_text(mut self, value: Option<String>) -> Self {
        self.values.push(Value::MaybeText(value));
        self
    }

    pub(crate) fn bytes(mut self, value: Vec<u8>) -> Self {
        self.values.push(Value::Bytes(value));
        self
    }
}

/// A row as both databases give it.
pub(crate) trait Columns {
    fn number(&self, name: &'static str) -> Result<i64, Error>;
    fn maybe_number(&self, name: &'static str) -> Result<Option<i64>, Error>;
    fn text(&self, name: &'static str) -> Result<String, Error>;
    fn maybe_text(&self, name: &'static str) -> Result<Option<String>, Error>;
    fn bytes(&self, name: &'static str) -> Result<Vec<u8>, Error>;
}

/// Binds a statement's values for one database, and reads the columns of its rows: the same words, which
/// the compiler resolves to other code for each.
macro_rules! speak {
    ($database:ty, $row:ty) => {
        pub(crate) fn bound(
            statement: $crate::statement::Statement,
        ) -> ::sqlx::query::Query<'static, $database, <$database as ::sqlx::Database>::Arguments> {
            use $crate::statement::Value;
            statement.values.into_iter().fold(::sqlx::query(statement.sql), |query, value| match value {
                Value::Number(value) => query.bind(value),
                Value::Text(value) => query.bind(value),
                Value::MaybeText(value) => query.bind(value),
                Value::Bytes(value) => query.bind(value),
            })
        }

        impl $crate::statement::Columns for $row {
            fn number(&self, name: &'static str) -> Result<i64, ::sqlx::Error> {
                ::sqlx::Row::try_get(self, name)
            }

            fn maybe_number(&self, name: &'static str) -> Result<Option<i64>, ::sqlx::Error> {
                ::sqlx::Row::try_get(self, name)
            }

            fn text(&self, name: &'static str) -> Result<String, ::sqlx::Error> {
                ::sqlx::Row::try_get(self, name)
            }

            fn maybe_text(&self, name: &'static str) -> Result<Option<String>, ::sqlx::Error> {
                ::sqlx::Row::try_get(self, name)
            }

            fn bytes(&self, name: &'static str) -> Result<Vec<u8>, ::sqlx::Error> {
                ::sqlx::Row::try_get(self, name)
            }
        }
    };
}

pub(crate) use speak;
