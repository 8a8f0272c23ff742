//! Generated sequences of creations and deletions: the lists always equal a plain model, no accepted
//! creation is repeated, and content does not depend on ids.

use std::collections::BTreeMap;

use proptest::prelude::*;
use serde_json::{Value, json};

use super::routes::Ground;

#[derive(Debug, Clone)]
enum Step {
    AddDomain(u8),
    DropDomain(u8),
    AddService(u8),
    DropService(u8),
    AddRoute(u8, u8, u8),
    DropRoute(u8),
    Deploy(u8),
    Undeploy(u8),
}

fn step() -> impl Strategy<Value = Step> {
    let small = 0_u8..4;
    prop_oneof![
        small.clone().prop_map(Step::AddDomain),
        small.clone().prop_map(Step::DropDomain),
        small.clone().prop_map(Step::AddService),
        small.clone().prop_map(Step::DropService),
        (small.clone(), small.clone(), small.clone()).prop_map(|(a, b, c)| Step::AddRoute(a, b, c)),
        small.clone().prop_map(Step::DropRoute),
        small.clone().prop_map(Step::Deploy),
        small.prop_map(Step::Undeploy),
    ]
}

/// What a correct account must hold: names, and for routes the names they use.
#[derive(Debug, Default)]
struct Model {
    domains: BTreeMap<u8, String>,
    services: BTreeMap<u8, String>,
    routes: BTreeMap<u8, (String, u8, u8, bool)>,
    created: u64,
}

impl Model {
    /// Does a step to both; whether both said the same.
    fn apply(&mut self, ground: &Ground, step: &Step) -> Result<(), TestCaseError> {
        let lab = &ground.lab;
        let (expected, answer) = match *step {
            Step::AddDomain(n) => {
                let free = !self.domains.contains_key(&n);
                let answer = lab
                    .call("CreateDomain", json!({"name": format!("d{n}.example.com"), "protocol": "HTTP"}));
                if let Ok(body) = &answer {
                    self.domains.insert(n, text(&body["data"]["domainId"]));
                    self.created += 1;
                }
                (free, answer)
            }
            Step::AddService(n) => {
                let free = !self.services.contains_key(&n);
                let config = json!({"name": format!("s{n}"), "addresses": [format!("10.2.0.{}:80", n + 1)]});
                let body =
                    json!({"gatewayId": ground.gateway, "sourceType": "VIP", "serviceConfigs": [config]});
                let answer = lab.call("CreateService", body);
                if let Ok(body) = &answer {
                    self.services.insert(n, text(&body["data"]["serviceIds"][0]));
                    self.created += 1;
                }
                (free, answer)
            }
            Step::AddRoute(n, d, s) => {
                let (domain, service) = (self.domains.get(&d).cloned(), self.services.get(&s).cloned());
                let possible = domain.is_some() && service.is_some() && !self.routes.contains_key(&n);
                let mut body = ground.route(&format!("r{n}"));
                body["domainIds"] = json!([domain.unwrap_or_default()]);
                body["backendConfig"]["services"] = json!([{"serviceId": service.unwrap_or_default()}]);
                let answer = lab.call("CreateHttpApiRoute", body);
                if let Ok(body) = &answer {
                    self.routes.insert(n, (text(&body["data"]["routeId"]), d, s, false));
                    self.created += 1;
                }
                (possible, answer)
            }
            Step::DropDomain(n) => {
                let id = self.domains.get(&n).cloned();
                let possible = id.is_some() && !self.routes.values().any(|route| route.1 == n);
                let answer =
                    lab.call("DeleteDomain", json!({"domainId": id.unwrap_or_else(|| "d-none".to_owned())}));
                if possible {
                    self.domains.remove(&n);
                }
                (possible, answer)
            }
            Step::DropService(n) => {
                let id = self.services.get(&n).cloned();
                let possible = id.is_some() && !self.routes.values().any(|route| route.2 == n);
                let answer = lab
                    .call("DeleteService", json!({"serviceId": id.unwrap_or_else(|| "s-none".to_owned())}));
                if possible {
                    self.services.remove(&n);
                }
                (possible, answer)
            }
            Step::DropRoute(n) => {
                let found = self.routes.get(&n).cloned();
                let possible = found.as_ref().is_some_and(|route| !route.3);
                let answer = lab.call("DeleteHttpApiRoute", of_route(ground, found.as_ref()));
                if possible {
                    self.routes.remove(&n);
                }
                (possible, answer)
            }
            Step::Deploy(n) | Step::Undeploy(n) => {
                let on = matches!(step, Step::Deploy(_));
                let answer = lab.call(
                    if on { "DeployHttpApi" } else { "UndeployHttpApi" },
                    of_route(ground, self.routes.get(&n)),
                );
                let possible = self.routes.contains_key(&n);
                if let Some(route) = self.routes.get_mut(&n) {
                    route.3 = on;
                }
                (possible, answer)
            }
        };
        prop_assert_eq!(answer.is_ok(), expected, "{:?} {:?}", step, answer);
        Ok(())
    }
}

fn of_route(ground: &Ground, found: Option<&(String, u8, u8, bool)>) -> Value {
    json!({"httpApiId": ground.api, "routeId": found.map_or("hr-none", |route| &route.0)})
}

fn text(value: &Value) -> String {
    value.as_str().unwrap_or_default().to_owned()
}

fn names(list: &Value) -> Vec<String> {
    let mut names: Vec<String> =
        list["items"].as_array().into_iter().flatten().map(|one| text(&one["name"])).collect();
    names.sort();
    names
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 64, ..ProptestConfig::default() })]

    #[test]
    fn lists_equal_a_plain_model(steps in prop::collection::vec(step(), 0..60)) {
        use gateshift_lab_kernel::Product;
        let ground = Ground::new();
        let before: u64 = ground.lab.apig.created_counts().values().sum();
        let mut model = Model::default();
        for step in &steps {
            model.apply(&ground, step)?;
        }
        let listed = |operation: &str, mut query: Value| {
            query["pageSize"] = json!(100);
            names(&ground.lab.ok(operation, query))
        };
        let domains: Vec<String> = model.domains.keys().map(|n| format!("d{n}.example.com")).collect();
        prop_assert_eq!(listed("ListDomains", json!({"nameLike": "d"}))
            .into_iter().filter(|name| name.starts_with('d')).collect::<Vec<_>>(), domains);
        let services: Vec<String> = model.services.keys().map(|n| format!("s{n}")).collect();
        prop_assert_eq!(listed("ListServices", json!({}))
            .into_iter().filter(|name| name.len() == 2).collect::<Vec<_>>(), services);
        let routes: Vec<String> = model.routes.keys().map(|n| format!("r{n}")).collect();
        prop_assert_eq!(listed("ListHttpApiRoutes", json!({"httpApiId": ground.api})), routes);
        let mut served: Vec<String> =
            ground.lab.apig.gateways()[0].routes.iter().map(|route| route.name.clone()).collect();
        served.sort();
        let deployed: Vec<String> =
            model.routes.iter().filter(|(_, route)| route.3).map(|(n, _)| format!("r{n}")).collect();
        prop_assert_eq!(served, deployed);
        let after: u64 = ground.lab.apig.created_counts().values().sum();
        prop_assert_eq!(after - before, model.created);
    }

    #[test]
    fn exports_do_not_depend_on_ids_or_order(order in Just((0..5_u8).collect::<Vec<_>>()).prop_shuffle()) {
        let build = |order: &[u8]| {
            let ground = Ground::new();
            let mut model = Model::default();
            for n in order {
                for step in [Step::AddDomain(*n), Step::AddService(*n), Step::AddRoute(*n, *n, *n), Step::Deploy(*n)] {
                    model.apply(&ground, &step)?;
                }
            }
            Ok::<Value, TestCaseError>(ground.lab.apig.export())
        };
        let sorted: Vec<u8> = (0..5).collect();
        let (one, other) = (build(&order)?, build(&sorted)?);
        prop_assert_eq!(&one, &other);
        prop_assert_ne!(one, build(&sorted[1..])?);
    }
}
