//! The promise of a commit: given when a batch is handed over, kept when it is on disk.

use std::future::Future;
use std::pin::Pin;
use std::task::{Context, Poll};

use gateshift_model::Envelope;
use tokio::sync::oneshot;

use crate::JournalError;

/// Resolves when the batch is durable, or cannot be. Dropping it does not take the batch back.
#[derive(Debug)]
pub struct Receipt(oneshot::Receiver<Result<Vec<Envelope>, JournalError>>);

/// The writer's end of a receipt.
#[derive(Debug)]
pub struct ReceiptSender(oneshot::Sender<Result<Vec<Envelope>, JournalError>>);

impl Receipt {
    /// A receipt and the means to keep its promise.
    #[must_use]
    pub fn pair() -> (ReceiptSender, Self) {
        let (sender, receiver) = oneshot::channel();
        (ReceiptSender(sender), Self(receiver))
    }

    /// A receipt whose promise is kept already.
    #[must_use]
    pub fn ready(result: Result<Vec<Envelope>, JournalError>) -> Self {
        let (sender, receipt) = Self::pair();
        sender.send(result);
        receipt
    }
}

impl ReceiptSender {
    /// Keeps the promise. Nobody may be waiting any more, which is fine.
    pub fn send(self, result: Result<Vec<Envelope>, JournalError>) {
        drop(self.0.send(result));
    }
}

impl Future for Receipt {
    type Output = Result<Vec<Envelope>, JournalError>;

    fn poll(mut self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<Self::Output> {
        Pin::new(&mut self.0).poll(context).map(|received| {
            received.unwrap_or_else(|_| {
                Err(JournalError::Io {
                    place: "writer".into(),
                    cause: "it ended before it wrote the batch".into(),
                })
            })
        })
    }
}
