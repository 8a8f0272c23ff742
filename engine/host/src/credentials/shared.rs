//! Places of keys for signatures of version 4: variables, and a file of profiles that several tools share.

use super::chain::{Place, read};
use super::choice::Base;
use super::recipe::Recipe;
use super::{Keys, Miss, ini};
use crate::EnvironmentSource;

/// Prefix of the variables that are looked at.
const PREFIX: &str = "AWS";

/// The places that a choice allows, in order.
pub(super) async fn places(base: &Base, environment: &EnvironmentSource) -> Vec<Place> {
    let profile = || environment.get("AWS_PROFILE").unwrap_or("default").to_owned();
    match base {
        Base::Usual => vec![
            Place::new("environment", variables(environment, PREFIX)),
            of_file(environment, None, &profile()).await,
        ],
        Base::Environment(prefix) => vec![Place::new("environment", variables(environment, prefix))],
        Base::Profile(name) => vec![of_file(environment, None, name).await],
        Base::File { path, profile: named } => {
            vec![of_file(environment, Some(path), named.as_deref().unwrap_or("default")).await]
        }
        Base::Uri(_) => {
            vec![Place::new("workflow", Err(Miss::new("keys of this kind are not handed out by a URI")))]
        }
    }
}

/// `<prefix>_ACCESS_KEY_ID`, `<prefix>_SECRET_ACCESS_KEY`, `<prefix>_SESSION_TOKEN`.
fn variables(environment: &EnvironmentSource, prefix: &str) -> Result<Recipe, Miss> {
    let get = |suffix: &str| environment.get(&format!("{prefix}_{suffix}"));
    Keys::of(get("ACCESS_KEY_ID"), get("SECRET_ACCESS_KEY"), get("SESSION_TOKEN"))
        .map(Recipe::Written)
        .ok_or_else(|| {
            Miss::new(format!("{prefix}_ACCESS_KEY_ID and {prefix}_SECRET_ACCESS_KEY are not both set"))
        })
}

async fn of_file(environment: &EnvironmentSource, path: Option<&str>, profile: &str) -> Place {
    let path = path.or_else(|| environment.get("AWS_SHARED_CREDENTIALS_FILE"));
    let path = environment.expand(path.unwrap_or("~/.aws/credentials"));
    let recipe = read(&path).await.and_then(|text| {
        let section = ini::section(&text, profile)
            .ok_or_else(|| Miss::new(format!("it has no section `{profile}`")))?;
        let get = |name: &str| section.get(name).map(String::as_str);
        Keys::of(get("aws_access_key_id"), get("aws_secret_access_key"), get("aws_session_token"))
            .map(Recipe::Written)
            .ok_or_else(|| Miss::new(format!("section `{profile}` lacks its key or the secret")))
    });
    Place::new(path.display().to_string(), recipe)
}

#[cfg(test)]
mod tests {
    use super::{Base, EnvironmentSource, Recipe, places};

    async fn found(base: Base, variables: &[(&str, &str)], home: &std::path::Path) -> Result<String, String> {
        let mut environment = EnvironmentSource { home: Some(home.to_owned()), ..EnvironmentSource::empty() };
        let variables = variables.iter().map(|(name, value)| ((*name).to_owned(), (*value).to_owned()));
        environment.variables.extend(variables);
        let mut misses = Vec::new();
        for place in places(&base, &environment).await {
            match place.recipe {
                Ok(Recipe::Written(keys)) => {
                    let token = keys.token.as_ref().map_or("-", |token| token.expose());
                    return Ok(format!("{} {} {token}", keys.id, keys.secret.expose()));
                }
                other => misses.push(format!("{}: {other:?}", place.name)),
            }
        }
        Err(misses.join("; "))
    }

    #[tokio::test]
    async fn variables_first_then_the_shared_file() {
        let home = tempfile::tempdir().unwrap();
        std::fs::create_dir(home.path().join(".aws")).unwrap();
        let text = "[default]\naws_access_key_id = d\naws_secret_access_key = s\n\n[dns]\naws_access_key_id=e\naws_secret_access_key=t\naws_session_token=u\n[half]\naws_access_key_id=x\n";
        std::fs::write(home.path().join(".aws/credentials"), text).unwrap();
        let set = [("AWS_ACCESS_KEY_ID", "a"), ("AWS_SECRET_ACCESS_KEY", "b")];
        let of = async |base, variables: &[(&str, &str)]| found(base, variables, home.path()).await;
        assert_eq!(of(Base::Usual, &set).await.as_deref(), Ok("a b -"));
        assert_eq!(of(Base::Usual, &[]).await.as_deref(), Ok("d s -"));
        assert_eq!(of(Base::Usual, &[("AWS_PROFILE", "dns")]).await.as_deref(), Ok("e t u"));
        assert_eq!(of(Base::Profile("dns".into()), &set).await.as_deref(), Ok("e t u"));
        let own = [("Z_ACCESS_KEY_ID", "y"), ("Z_SECRET_ACCESS_KEY", "z"), ("Z_SESSION_TOKEN", "w")];
        assert_eq!(of(Base::Environment("Z".into()), &own).await.as_deref(), Ok("y z w"));
        for (base, why) in [
            (Base::Profile("half".into()), "lacks its key or the secret"),
            (Base::Profile("none".into()), "no section `none`"),
            (Base::Environment("Y".into()), "Y_SECRET_ACCESS_KEY are not both set"),
            (Base::File { path: "~/missing".into(), profile: None }, "no such file"),
            (Base::Uri("http://127.0.0.1:1".into()), "not handed out by a URI"),
        ] {
            let error = of(base, &[]).await.unwrap_err();
            assert!(error.contains(why), "{error}");
        }
    }
}
