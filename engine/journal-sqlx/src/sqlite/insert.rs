//! Rows of events, written many at a time.

use sqlx::{AssertSqlSafe, SqliteConnection};

use crate::event_row::EventRow;

/// Rows of the statements that a large group is cut into; what is left over takes one more. All of them
/// stay prepared.
const CHUNKS: [usize; 2] = [256, 32];

/// Whether so many rows are one statement, which is a transaction by itself.
pub(crate) fn is_one_statement(rows: usize) -> bool {
    next_chunk(rows) == rows
}

fn next_chunk(rows: usize) -> usize {
    CHUNKS.into_iter().find(|chunk| *chunk <= rows).unwrap_or(rows)
}

pub(crate) async fn insert(
    connection: &mut SqliteConnection,
    rows: Vec<EventRow>,
) -> Result<(), sqlx::Error> {
    let mut rows = rows.into_iter();
    while rows.len() > 0 {
        let chunk = next_chunk(rows.len());
        let mut query = sqlx::query(AssertSqlSafe(statement(chunk)));
        for row in rows.by_ref().take(chunk) {
            let EventRow { run, seq, generation, at, actor, kind, previous, hash, body } = row;
            query = query.bind(run).bind(seq).bind(generation).bind(at).bind(actor);
            query = query.bind(kind).bind(previous).bind(hash).bind(body);
        }
        query.execute(&mut *connection).await?;
    }
    Ok(())
}

fn statement(rows: usize) -> String {
    const INTO: &str =
        "INSERT INTO events (run, seq, generation, at, actor, kind, previous, hash, body) VALUES ";
    const ROW: &str = "(?,?,?,?,?,?,?,?,?)";
    let mut sql = String::with_capacity(INTO.len() + rows * (ROW.len() + 1));
    sql.push_str(INTO);
    for row in 0..rows {
        sql.push_str(if row == 0 { "" } else { "," });
        sql.push_str(ROW);
    }
    sql
}

#[cfg(test)]
mod tests {
    use super::{is_one_statement, next_chunk};

    #[test]
    fn any_number_of_rows_is_cut_into_few_kinds_of_statements() {
        for rows in 0..3000 {
            let (mut left, mut statements) = (rows, 0);
            while left > 0 {
                let chunk = next_chunk(left);
                assert!(chunk <= 32 || chunk == 256, "{chunk} of {left}");
                (left, statements) = (left - chunk, statements + 1);
            }
            assert!(statements <= rows / 256 + 8, "{statements} for {rows}");
            assert_eq!(is_one_statement(rows), statements <= 1, "{rows}");
        }
    }
}
