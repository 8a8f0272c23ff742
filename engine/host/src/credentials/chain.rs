//! The places to look at for a choice, in order, each with the recipe it gives or the reason why it gives none.

use std::path::{Path, PathBuf};

use super::choice::{Base, Choice};
use super::recipe::Recipe;
use super::{Keys, Miss, cli_profile, environment, ini, oidc, shared, tsig};
use crate::{EnvironmentSource, Scheme};

/// A place that was looked at.
#[derive(Debug)]
pub(super) struct Place {
    pub(super) name: String,
    pub(super) recipe: Result<Recipe, Miss>,
}

impl Place {
    pub(super) fn new(name: impl Into<String>, recipe: Result<Recipe, Miss>) -> Self {
        Self { name: name.into(), recipe }
    }
}

/// Looks at all places that the choice allows. Reads files, asks nobody.
pub(super) async fn places(scheme: &Scheme, choice: &Choice, environment: &EnvironmentSource) -> Vec<Place> {
    let mut places = match scheme {
        Scheme::None => Vec::new(),
        Scheme::Acs3 { .. } | Scheme::Scoped(_) => of_keys(&choice.base, environment).await,
        Scheme::SigV4 { .. } => shared::places(&choice.base, environment).await,
        Scheme::Basic | Scheme::Bearer | Scheme::Header { .. } | Scheme::Tsig => {
            vec![of_login(scheme, &choice.base, environment).await]
        }
    };
    if let Some(role) = &choice.role {
        let assumed = matches!(scheme, Scheme::Acs3 { .. } | Scheme::Scoped(_));
        for place in &mut places {
            if !assumed {
                place.recipe = Err(Miss::new("a role is not assumed for this kind of connection"));
                continue;
            }
            place.recipe = std::mem::replace(&mut place.recipe, Err(Miss::new("")))
                .map(|base| Recipe::AssumeRole { base: Box::new(base), role: role.clone() });
        }
    }
    places
}

async fn of_keys(base: &Base, environment: &EnvironmentSource) -> Vec<Place> {
    match base {
        Base::Usual => usual(environment).await,
        Base::Environment(prefix) => {
            vec![Place::new("environment", environment::keys(environment, prefix).map(Recipe::Written))]
        }
        Base::Uri(uri) => vec![Place::new("URI", Ok(Recipe::Uri(uri.clone())))],
        Base::Profile(name) => vec![named_profile(environment, name).await],
        Base::File { path, profile } => {
            let path = environment.expand(path);
            let recipe = read(&path).await.and_then(|text| of_file(&text, profile.as_deref()));
            vec![Place::new(path.display().to_string(), recipe)]
        }
    }
}

/// The order of the official clients; the first that yields a key wins.
async fn usual(environment: &EnvironmentSource) -> Vec<Place> {
    let profile = environment.get("ALIBABA_CLOUD_PROFILE");
    let written = environment::keys(environment, environment::PREFIX).map(Recipe::Written);
    let mut places =
        vec![Place::new("environment", written), Place::new("OIDC", oidc::from_environment(environment))];
    let (path, recipe) = if environment.says_yes("ALIBABA_CLOUD_CLI_PROFILE_DISABLED") {
        (PathBuf::from("CLI profile"), Err(Miss::new("switched off by ALIBABA_CLOUD_CLI_PROFILE_DISABLED")))
    } else {
        let path = cli_file(environment);
        let text = read(&path).await;
        (path, text.and_then(|text| cli_profile::recipe(&text, profile, profile.is_some())))
    };
    places.push(Place::new(path.display().to_string(), recipe));
    let (path, text) = ini_file(environment).await;
    places.push(Place::new(
        path.display().to_string(),
        text.and_then(|text| ini::recipe(&text, profile.unwrap_or("default"))),
    ));
    let machine = if environment.says_yes("ALIBABA_CLOUD_ECS_METADATA_DISABLED") {
        Err(Miss::new("switched off by ALIBABA_CLOUD_ECS_METADATA_DISABLED"))
    } else {
        Ok(Recipe::Machine { role: environment.get("ALIBABA_CLOUD_ECS_METADATA").map(str::to_owned) })
    };
    places.push(Place::new("role of the machine", machine));
    let uri = environment.get("ALIBABA_CLOUD_CREDENTIALS_URI").map(|uri| Recipe::Uri(uri.to_owned()));
    places.push(Place::new("URI", uri.ok_or_else(|| Miss::new("ALIBABA_CLOUD_CREDENTIALS_URI not set"))));
    places
}

/// A profile somebody named: of the command-line tool, else a section of the credentials file.
async fn named_profile(environment: &EnvironmentSource, name: &str) -> Place {
    let cli = cli_file(environment);
    let in_cli = read(&cli).await;
    if let Ok(text) = &in_cli
        && cli_profile::has(text, name)
    {
        return Place::new(cli.display().to_string(), cli_profile::recipe(text, Some(name), true));
    }
    let (path, text) = ini_file(environment).await;
    let recipe = match (in_cli, text) {
        (_, Ok(text)) if ini::has(&text, name) => ini::recipe(&text, name),
        (in_cli, in_ini) => {
            let why = |read: Result<String, Miss>| {
                read.err().map_or_else(|| "no such profile".to_owned(), |miss| miss.why)
            };
            Err(Miss::new(format!(
                "no profile `{name}` (in {}: {}; in {}: {})",
                cli.display(),
                why(in_cli),
                path.display(),
                why(in_ini)
            )))
        }
    };
    Place::new(format!("profile `{name}`"), recipe)
}

fn of_file(text: &str, profile: Option<&str>) -> Result<Recipe, Miss> {
    if text.trim_start().starts_with('{') {
        cli_profile::recipe(text, profile, true)
    } else {
        ini::recipe(text, profile.unwrap_or("default"))
    }
}

async fn of_login(scheme: &Scheme, base: &Base, environment: &EnvironmentSource) -> Place {
    let bearer = !matches!(scheme, Scheme::Basic | Scheme::Tsig);
    match base {
        Base::Environment(prefix) if bearer => {
            Place::new("environment", environment::bearer(environment, prefix).map(Recipe::Written))
        }
        Base::Environment(prefix) => {
            Place::new("environment", environment::login(environment, prefix).map(Recipe::Written))
        }
        Base::File { path, .. } => {
            let path = environment.expand(path);
            let keys = read(&path).await.and_then(|text| {
                if let Some(keys) = tsig::keys(&text).filter(|_| *scheme == Scheme::Tsig) {
                    return Ok(keys);
                }
                let line = text.lines().next().unwrap_or_default();
                let (user, password) =
                    if bearer { ("bearer", line) } else { line.split_once(':').unwrap_or_default() };
                Keys::of(Some(user), Some(password), None).ok_or_else(|| {
                    Miss::new(if bearer {
                        "its first line is empty"
                    } else {
                        "its first line is not user:password"
                    })
                })
            });
            Place::new(path.display().to_string(), keys.map(Recipe::Written))
        }
        Base::Usual | Base::Profile(_) | Base::Uri(_) => Place::new(
            "workflow",
            Err(Miss::new(
                "this kind of connection needs `credentials: { env: PREFIX }` or `{ file: PATH }`",
            )),
        ),
    }
}

fn cli_file(environment: &EnvironmentSource) -> PathBuf {
    environment.expand("~/.aliyun/config.json")
}

/// The credentials file that exists, or the first one that would be read.
async fn ini_file(environment: &EnvironmentSource) -> (PathBuf, Result<String, Miss>) {
    if let Some(path) = environment.get("ALIBABA_CLOUD_CREDENTIALS_FILE") {
        let path = environment.expand(path);
        let text = read(&path).await;
        return (path, text);
    }
    let first = environment.expand("~/.alibabacloud/credentials.ini");
    let second = environment.expand("~/.alibabacloud/credentials");
    match (read(&first).await, read(&second).await) {
        (Err(_), Ok(text)) => (second, Ok(text)),
        (text, _) => (first, text),
    }
}

pub(super) async fn read(path: &Path) -> Result<String, Miss> {
    if path.starts_with("~") {
        return Err(Miss::new("the home folder is not known"));
    }
    tokio::fs::read_to_string(path).await.map_err(|error| match error.kind() {
        std::io::ErrorKind::NotFound => Miss::new("no such file"),
        _ => Miss::new(error.to_string()),
    })
}
