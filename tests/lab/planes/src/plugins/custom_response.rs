//! custom-response: an answer in place of the upstream's, always or for some statuses.

use hyper::StatusCode;
use hyper::header::{CONTENT_LENGTH, CONTENT_TYPE, HeaderValue};
use serde_json::Value;

use super::Effect;
use super::read::{status, text, texts};
use crate::plane::Reply;
use crate::policies::{Facts, Onward};

#[derive(Debug)]
pub(crate) struct CustomResponse {
    status: StatusCode,
    headers: Vec<String>,
    body: String,
    /// Statuses of the upstream that are replaced; every request is answered when there are none.
    on: Vec<String>,
}

impl CustomResponse {
    pub(crate) fn read(config: &Value) -> Self {
        Self {
            status: status(config, "status_code", 200),
            headers: texts(config, "headers"),
            body: text(config, "body"),
            on: texts(config, "enable_on_status"),
        }
    }

    fn answer(&self) -> Reply {
        let mut reply = Reply::own(self.status, "", self.body.as_str());
        let json = serde_json::from_str::<Value>(&self.body).is_ok_and(|body| body.is_object());
        if json {
            reply.headers.insert(CONTENT_TYPE, HeaderValue::from_static("application/json; charset=utf-8"));
        }
        for line in &self.headers {
            let (name, value) = line.split_once('=').unwrap_or((line, ""));
            if let Some((name, value)) = crate::policies::header(name, value) {
                reply.headers.insert(name, value);
            }
        }
        reply.headers.remove(CONTENT_LENGTH);
        reply
    }
}

impl Effect for CustomResponse {
    fn request(&self, _: &Facts<'_>, _: &mut Onward) -> Option<Reply> {
        self.on.is_empty().then(|| self.answer())
    }

    fn response(&self, _: &Facts<'_>, reply: &mut Reply) {
        if self.on.iter().any(|one| one == reply.status.as_str()) {
            let Reply { status, headers, body, .. } = self.answer();
            reply.status = status;
            reply.body = body;
            reply.headers.extend(headers);
        }
    }
}
