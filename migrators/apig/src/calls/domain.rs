//! Domains and certificates: objects of the account.

use gateshift_sdk::api::CallFailure;
use gateshift_sdk::model::{OperationKey, StepError};
use gateshift_sdk::walk::WriteFailure;
use serde_json::Value;

use super::{id, repeatable};
use crate::paging::typed;
use crate::wire::{CertificateView, DomainView};
use crate::{Client, token};

impl Client<'_> {
    /// Every domain, without the fields only the detail has.
    pub async fn domains(&self) -> Result<Vec<DomainView>, StepError> {
        Ok(self.list("ListDomains", &["v1", "domains"], &[], "domainId").await?)
    }

    /// The domain of that name, in detail. The filter of the list is a substring.
    pub async fn domain_named(&self, name: &str) -> Result<Option<DomainView>, StepError> {
        let listed: Vec<DomainView> =
            self.list("ListDomains", &["v1", "domains"], &[("nameLike", name)], "domainId").await?;
        match listed.into_iter().find(|one| one.name.eq_ignore_ascii_case(name)) {
            Some(one) => self.domain(&one.domain_id).await,
            None => Ok(None),
        }
    }

    /// A domain in detail; `None` when it is gone.
    pub async fn domain(&self, id: &str) -> Result<Option<DomainView>, StepError> {
        match self.read("GetDomain", &["v1", "domains", id], &[]).await {
            Ok(data) => typed("GetDomain", data).map(Some),
            Err(failure) if crate::gone(&failure) => Ok(None),
            Err(failure) => Err(failure.into()),
        }
    }

    /// Makes a domain.
    pub async fn create_domain(&self, key: &OperationKey, body: &Value) -> Result<String, WriteFailure> {
        let call = repeatable("CreateDomain", "POST", &["v1", "domains"])
            .query("clientToken", token(&self.run, key, body))
            .body(body.clone());
        let data = self.write(key, call).await?;
        Ok(id("CreateDomain", &data, "/domainId")?)
    }

    /// Asks whether a domain would be made, without making it.
    pub async fn try_domain(&self, body: &Value) -> Result<(), CallFailure> {
        let call =
            repeatable("CreateDomain", "POST", &["v1", "domains"]).query("dryRun", true).body(body.clone());
        self.send(call.build()).await.map(drop)
    }

    /// Removes a domain.
    pub async fn delete_domain(&self, key: &OperationKey, id: &str) -> Result<(), WriteFailure> {
        self.write(key, repeatable("DeleteDomain", "DELETE", &["v1", "domains", id])).await.map(drop)
    }

    /// Every certificate of the account.
    pub async fn certificates(&self) -> Result<Vec<CertificateView>, StepError> {
        Ok(self.list("ListSslCerts", &["v1", "ssl", "certs"], &[], "certIdentifier").await?)
    }
}
