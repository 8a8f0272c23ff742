//! Messages on the socket between the engine and a migrator's process: a head of 24 bytes, then the payload.
//! All numbers little-endian: `u32` length of the payload, `u16` kind, `i16` status, `u64` run, `u64` id. The payload
//! is JSON; of a `CALL` and an `ASK` it is the name of the service, a line feed, and JSON.

use gateshift_step_api::wire::LARGEST;

/// Bytes before the payload.
pub(crate) const HEAD: usize = 24;

/// What a message is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[repr(u16)]
pub(crate) enum Kind {
    /// To the child, first: what it is and what it may. Carries the library as a descriptor.
    Hello = 1,
    /// From the child: it is ready, and how it is confined.
    Ready = 2,
    /// From the child: it cannot begin, and why.
    Failed = 3,
    /// To the child: begin a piece of work.
    Start = 4,
    /// To the child: the answer of a service that was asked for with `CALL`.
    Reply = 5,
    /// To the child: nobody waits for this run any more.
    Cancel = 6,
    /// From the child: a service that answers later.
    Call = 7,
    /// From the child: a service that answers at once; the child waits for `ANSWER`.
    Ask = 8,
    /// From the child: something to be shown; `id` is its kind.
    Emit = 9,
    /// From the child: the answer of a run.
    Done = 10,
    /// To the child: the answer of an `ASK`.
    Answer = 11,
}

impl Kind {
    fn of(number: u16) -> Option<Self> {
        use Kind::{Answer, Ask, Call, Cancel, Done, Emit, Failed, Hello, Ready, Reply, Start};
        [Hello, Ready, Failed, Start, Reply, Cancel, Call, Ask, Emit, Done, Answer]
            .into_iter()
            .find(|kind| *kind as u16 == number)
    }
}

/// A message.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Frame {
    pub(crate) kind: Kind,
    pub(crate) status: i32,
    pub(crate) run: u64,
    pub(crate) id: u64,
    pub(crate) payload: String,
}

impl Frame {
    /// As it goes over the socket.
    pub(crate) fn bytes(kind: Kind, status: i32, run: u64, id: u64, payload: &[&str]) -> Vec<u8> {
        let length: usize = payload.iter().map(|part| part.len()).sum();
        let mut bytes = Vec::with_capacity(HEAD + length);
        bytes.extend_from_slice(&u32::try_from(length).unwrap_or(u32::MAX).to_le_bytes());
        bytes.extend_from_slice(&(kind as u16).to_le_bytes());
        bytes.extend_from_slice(&i16::try_from(status).unwrap_or(i16::MAX).to_le_bytes());
        bytes.extend_from_slice(&run.to_le_bytes());
        bytes.extend_from_slice(&id.to_le_bytes());
        payload.iter().for_each(|part| bytes.extend_from_slice(part.as_bytes()));
        bytes
    }
}

/// Puts messages together from what arrives.
#[derive(Default)]
pub(crate) struct Frames {
    bytes: Vec<u8>,
    /// Where the next message begins.
    at: usize,
}

impl Frames {
    pub(crate) fn take_in(&mut self, bytes: &[u8]) {
        if self.at > 0 {
            self.bytes.drain(..self.at);
            self.at = 0;
        }
        self.bytes.extend_from_slice(bytes);
    }

    /// The next message that is whole. An error says why what arrives is none.
    pub(crate) fn next(&mut self) -> Result<Option<Frame>, String> {
        let Some(head) = self.bytes.get(self.at..self.at + HEAD) else { return Ok(None) };
        let number = |from: usize, to: usize| {
            head[from..to].iter().rev().fold(0u64, |sum, byte| (sum << 8) | u64::from(*byte))
        };
        let length = usize::try_from(number(0, 4)).unwrap_or(usize::MAX);
        if length > LARGEST {
            return Err(format!("it sent a message of {length} bytes, and {LARGEST} is the most"));
        }
        let number_of_kind = number(4, 6) as u16;
        let kind =
            Kind::of(number_of_kind).ok_or(format!("it sent a message of unknown kind {number_of_kind}"))?;
        let (status, run, id) = (i32::from(number(6, 8) as u16 as i16), number(8, 16), number(16, 24));
        let from = self.at + HEAD;
        let Some(payload) = self.bytes.get(from..from + length) else { return Ok(None) };
        let payload = String::from_utf8(payload.to_vec())
            .map_err(|_| "it sent a message that is no text in UTF-8".to_owned())?;
        self.at = from + length;
        if self.at == self.bytes.len() {
            // A message that was large once must not keep its room.
            self.bytes.clear();
            self.bytes.shrink_to(1 << 16);
            self.at = 0;
        }
        Ok(Some(Frame { kind, status, run, id, payload }))
    }
}

#[cfg(test)]
mod tests {
    use super::{Frame, Frames, HEAD, Kind};

    #[test]
    fn messages_survive_any_cut() {
        let frames = [
            Frame { kind: Kind::Start, status: 0, run: 1, id: 0, payload: "{}".into() },
            Frame { kind: Kind::Done, status: -3, run: u64::MAX, id: 9, payload: String::new() },
            Frame { kind: Kind::Call, status: 4, run: 2, id: u64::MAX - 1, payload: "x".repeat(1000) },
        ];
        let bytes: Vec<u8> = frames
            .iter()
            .flat_map(|one| Frame::bytes(one.kind, one.status, one.run, one.id, &[&one.payload]))
            .collect();
        for cut in 1..bytes.len() {
            let (mut there, mut found) = (Frames::default(), Vec::new());
            for part in bytes.chunks(cut) {
                there.take_in(part);
                while let Some(frame) = there.next().unwrap() {
                    found.push(frame);
                }
            }
            assert_eq!(found, frames, "{cut}");
        }
    }

    #[test]
    fn what_is_no_message_is_refused() {
        let head = |length: u32, kind: u16| {
            let mut head = vec![0; HEAD];
            head[..4].copy_from_slice(&length.to_le_bytes());
            head[4..6].copy_from_slice(&kind.to_le_bytes());
            head
        };
        for (bytes, cause) in [
            (head(1 << 30, 10), "1073741824 bytes"),
            (head(0, 99), "unknown kind 99"),
            ([head(1, 10), vec![0xff]].concat(), "UTF-8"),
            (b"Hello, world, this is not a frame".to_vec(), "bytes, and"),
        ] {
            let mut frames = Frames::default();
            frames.take_in(&bytes);
            assert!(frames.next().unwrap_err().contains(cause), "{cause}");
        }
    }
}
