//! The credentials of one connection: found once, renewed before they expire, by one caller for all.

use std::sync::Arc;
use std::time::Duration;

use gateshift_model::{ErrorClass, StepError, Timestamp};
use serde_json::json;
use tokio::sync::Mutex;

use super::chain::{self, Place};
use super::choice::Choice;
use super::recipe::{Kitchen, Recipe};
use super::{Keys, Miss};
use crate::Scheme;
use crate::redact::Vault;

/// How long before they expire keys are renewed.
const EARLY: Duration = Duration::from_secs(15 * 60);
/// How long after a renewal, or a failed one, nobody tries again while the key at hand is valid.
const REST: Duration = Duration::from_secs(60);

/// Where the keys of a connection come from, and those at hand.
#[derive(Debug)]
pub(crate) struct Credentials {
    connection: String,
    scheme: Scheme,
    choice: Choice,
    kitchen: Arc<Kitchen>,
    vault: Arc<Vault>,
    at_hand: Mutex<Option<AtHand>>,
}

#[derive(Debug)]
struct AtHand {
    keys: Keys,
    recipe: Recipe,
    asked: Timestamp,
}

impl AtHand {
    fn is_valid(&self, now: Timestamp) -> bool {
        self.keys.expires.is_none_or(|expires| now < expires)
    }

    fn is_due(&self, now: Timestamp) -> bool {
        let renewal = self.keys.expires.is_some_and(|expires| now.after(EARLY) >= expires);
        !self.is_valid(now) || (renewal && now >= self.asked.after(REST))
    }
}

impl Credentials {
    pub(crate) fn new(
        connection: &str,
        scheme: &Scheme,
        choice: Choice,
        kitchen: Arc<Kitchen>,
        vault: Arc<Vault>,
    ) -> Self {
        Self {
            connection: connection.to_owned(),
            scheme: scheme.clone(),
            choice,
            kitchen,
            vault,
            at_hand: Mutex::new(None),
        }
    }

    /// Makes sure that there are keys if any are needed, and that they are known to the redaction.
    pub(crate) async fn prepare(&self) -> Result<(), StepError> {
        match self.scheme {
            Scheme::None => Ok(()),
            _ => self.keys().await.map(drop),
        }
    }

    /// Valid keys. Callers wait for one another, so a renewal happens once.
    pub(crate) async fn keys(&self) -> Result<Keys, StepError> {
        let mut at_hand = self.at_hand.lock().await;
        let now = self.kitchen.clock.now();
        if let Some(held) = at_hand.as_mut() {
            if !held.is_due(now) {
                return Ok(held.keys.clone());
            }
            held.asked = now;
            match self.kitchen.cook(&held.recipe).await {
                Ok(keys) => {
                    self.learn(&keys);
                    held.keys = keys.clone();
                    return Ok(keys);
                }
                Err(miss) if held.is_valid(now) => {
                    tracing::warn!(connection = %self.connection, "keys could not be renewed, the old ones go on: {}", miss.why);
                    return Ok(held.keys.clone());
                }
                Err(miss) => {
                    tracing::warn!(connection = %self.connection, "keys could not be renewed: {}", miss.why)
                }
            }
        }
        let (recipe, keys) = self.search().await?;
        self.learn(&keys);
        *at_hand = Some(AtHand { keys: keys.clone(), recipe, asked: now });
        Ok(keys)
    }

    /// Looks at every place in order; the first that yields a key wins.
    async fn search(&self) -> Result<(Recipe, Keys), StepError> {
        let mut misses = Vec::new();
        for Place { name, recipe } in
            chain::places(&self.scheme, &self.choice, &self.kitchen.environment).await
        {
            let keys = match recipe {
                Ok(recipe) => self.kitchen.cook(&recipe).await.map(|keys| (recipe, keys)),
                Err(miss) => Err(miss),
            };
            match keys {
                Ok(found) => {
                    tracing::debug!(connection = %self.connection, place = %name, "keys found");
                    return Ok(found);
                }
                Err(miss) => misses.push((name, miss)),
            }
        }
        Err(self.nothing(&misses))
    }

    fn nothing(&self, misses: &[(String, Miss)]) -> StepError {
        let looked: Vec<_> = misses.iter().map(|(place, miss)| format!("{place}: {}", miss.why)).collect();
        let class = if misses.iter().any(|(_, miss)| miss.transient) {
            ErrorClass::Retryable
        } else {
            ErrorClass::NeedsOperator
        };
        let message = format!("no key for connection `{}` ({})", self.connection, looked.join("; "));
        let details: Vec<_> =
            misses.iter().map(|(place, miss)| json!({ "place": place, "why": miss.why })).collect();
        StepError::new(class, "GS-CREDENTIALS", message)
            .with_hint("set a key at one of these places, or name one with `credentials:` of the connection")
            .with_details(json!({ "looked_at": details }))
    }

    fn learn(&self, keys: &Keys) {
        self.vault.learn(keys.secret.expose());
        if let Some(token) = &keys.token {
            self.vault.learn(token.expose());
        }
        if self.scheme == Scheme::Basic {
            self.vault.learn(&format!("{}:{}", keys.id, keys.secret.expose()));
        }
    }
}
