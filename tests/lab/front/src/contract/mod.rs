//! The API contract of each simulated product, embedded in the program and read when first asked
//! for: a start of the command line that uses no lab pays nothing for it.

mod check;
mod schema;
mod typed;

use std::collections::BTreeMap;
use std::sync::LazyLock;

use serde::{Deserialize, Deserializer};

pub use check::{Fault, Nulls, Problem, Required, check, check_fields};
pub use schema::{Encoding, Fields, Kind, Schema};
pub use typed::typed;

/// How requests of a product look.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Deserialize)]
pub enum Style {
    /// Everything is `POST /`, the operation stands in a header or in the query.
    #[serde(rename = "RPC")]
    Rpc,
    /// Method and path say what is meant.
    #[serde(rename = "ROA")]
    Roa,
}

/// The contract of one product.
#[derive(Debug, Deserialize)]
pub struct Contract {
    /// Short name, `mse`.
    pub product: String,
    /// API version, `2019-05-31`.
    pub version: String,
    /// How its requests look.
    pub style: Style,
    /// Operations by name.
    pub operations: BTreeMap<String, Operation>,
}

/// One operation.
#[derive(Debug, Deserialize)]
pub struct Operation {
    /// HTTP method.
    pub method: String,
    /// Path template, `/v1/domains/{domainId}`.
    pub path: String,
    /// Its parameters.
    pub request: Parameters,
    /// Shape of the answer; absent when it answers nothing.
    pub response: Option<Schema>,
}

/// The parameters of an operation by place.
#[derive(Debug, Deserialize)]
pub struct Parameters {
    /// In the query (RPC: or in the form).
    #[serde(default)]
    pub query: Fields,
    /// In the JSON body (RPC: in the form).
    #[serde(default, deserialize_with = "body")]
    pub body: Fields,
    /// Pairs of the query that tell operations with one path from each other.
    #[serde(default)]
    pub fixed_query: BTreeMap<String, String>,
    /// In the name of the host, as its first label.
    #[serde(default)]
    pub host: Vec<String>,
}

/// A body is described by its fields, or as one value.
#[derive(Deserialize)]
#[serde(untagged)]
enum Body {
    Value(Schema),
    Fields(Fields),
}

fn body<'de, D: Deserializer<'de>>(deserializer: D) -> Result<Fields, D::Error> {
    Ok(match Body::deserialize(deserializer)? {
        Body::Value(Schema { kind: Kind::Object(fields), .. }) | Body::Fields(fields) => fields,
        Body::Value(_) => Fields::new(),
    })
}

/// Why there is no contract.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum ContractError {
    /// The lab has no contract of this product.
    #[error(
        "the lab has no contract for product `{0}`, it knows mse, apig, alidns, vpc, ecs, cms, arms and sls"
    )]
    Unknown(String),
    /// The embedded file does not parse.
    #[error("the embedded contract of `{product}` cannot be read: {cause}")]
    Unreadable {
        /// Product.
        product: &'static str,
        /// What the parser says.
        cause: String,
    },
}

type Loaded = LazyLock<Result<Contract, ContractError>>;

fn read(product: &'static str, text: &str) -> Result<Contract, ContractError> {
    serde_json::from_str(text)
        .map_err(|error| ContractError::Unreadable { product, cause: error.to_string() })
}

static MSE: Loaded = LazyLock::new(|| read("mse", include_str!("../../contract/mse.json")));
static APIG: Loaded = LazyLock::new(|| read("apig", include_str!("../../contract/apig.json")));
static ALIDNS: Loaded = LazyLock::new(|| read("alidns", include_str!("../../contract/alidns.json")));
static VPC: Loaded = LazyLock::new(|| read("vpc", include_str!("../../contract/vpc.json")));
static ECS: Loaded = LazyLock::new(|| read("ecs", include_str!("../../contract/ecs.json")));
static CMS: Loaded = LazyLock::new(|| read("cms", include_str!("../../contract/cms.json")));
static ARMS: Loaded = LazyLock::new(|| read("arms", include_str!("../../contract/arms.json")));
static SLS: Loaded = LazyLock::new(|| read("sls", include_str!("../../contract/sls.json")));

impl Contract {
    /// Whether the host of a request says what it is about.
    #[must_use]
    pub fn names_hosts(&self) -> bool {
        self.operations.values().any(|operation| !operation.request.host.is_empty())
    }

    /// The contract of a product, parsed on first use.
    ///
    /// # Errors
    /// When the product is unknown, or its embedded file does not parse.
    pub fn of(product: &str) -> Result<&'static Self, ContractError> {
        let loaded = match product {
            "mse" => &MSE,
            "apig" => &APIG,
            "alidns" => &ALIDNS,
            "vpc" => &VPC,
            "ecs" => &ECS,
            "cms" => &CMS,
            "arms" => &ARMS,
            "sls" => &SLS,
            other => return Err(ContractError::Unknown(other.to_owned())),
        };
        loaded.as_ref().map_err(Clone::clone)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const PRODUCTS: [(&str, usize); 8] = [
        ("mse", 109),
        ("apig", 190),
        ("alidns", 22),
        ("vpc", 7),
        ("ecs", 4),
        ("cms", 31),
        ("arms", 21),
        ("sls", 26),
    ];

    #[test]
    fn every_embedded_contract_is_read_whole() {
        for (product, operations) in PRODUCTS {
            let contract = Contract::of(product).unwrap();
            assert_eq!(contract.product, product);
            assert_eq!(contract.operations.len(), operations, "{product}");
            for (name, operation) in &contract.operations {
                // Writes to Log Service answer nothing.
                let answers = operation.response.is_some() || product == "sls";
                assert!(answers, "{product} {name} answers nothing");
            }
        }
        assert_eq!(Contract::of("oss").unwrap_err(), ContractError::Unknown("oss".to_owned()));
    }

    #[test]
    fn the_marks_of_older_metadata_are_merged() {
        let more: serde_json::Value =
            serde_json::from_str(include_str!("../../contract/more_required.json")).unwrap();
        let mse = Contract::of("mse").unwrap();
        let mut marks = 0;
        for (operation, names) in more["mse"].as_object().unwrap() {
            let request = &mse.operations[operation].request;
            for name in names.as_array().unwrap() {
                let name = name.as_str().unwrap();
                let schema = request.query.get(name).or_else(|| request.body.get(name)).unwrap();
                assert!(schema.required, "{operation}.{name}");
                marks += 1;
            }
        }
        assert!(marks > 60, "{marks} marks");
    }

    #[test]
    fn all_encodings_of_the_contract_are_understood() {
        let list = &Contract::of("mse").unwrap().operations["ListGatewayRoute"].request.query["FilterParams"];
        assert!(matches!(&list.encoding, Some(Encoding::Json(of)) if matches!(of.kind, Kind::Object(_))));
        let tags = &Contract::of("mse").unwrap().operations["TagResources"].request.query["Tag"];
        assert_eq!(tags.encoding, Some(Encoding::Flat));
    }
}
