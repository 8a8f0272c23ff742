//! What is taken to be so without a confirmed source: each with where it is written down, how it is
//! checked while running, and what is reported when it does not hold.

/// One assumption.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Assumption {
    /// Stable name.
    pub id: &'static str,
    /// What is assumed.
    pub assumed: &'static str,
    /// Section of the engineering reference that marks it as inferred or unknown.
    pub section: &'static str,
    /// How it is checked or defended against.
    pub checked: &'static str,
    /// Code of the finding, error or checkpoint when it does not hold.
    pub code: &'static str,
}

/// All of them.
pub const ALL: &[Assumption] = &[
    Assumption {
        id: "policy-dialect",
        assumed: "a policy's configuration is the source's own in lower camel case with `enable` as a boolean",
        section: "8.2",
        checked: "plan compares keys and kinds of values with ListPolicyClasses.configExample; apply reads the first policy of each form back, verify all of them",
        code: "POL-DIALECT",
    },
    Assumption {
        id: "policy-per-route",
        assumed: "one policy of a class sits on one route, and a route takes every class of Class::OF_ROUTES",
        section: "2.3, 8.1",
        checked: "plan reads attachableResourceTypes; a second policy of the class is refused and then looked up",
        code: "POL-ATTACH",
    },
    Assumption {
        id: "mode-zero",
        assumed: "a rule whose limitMode is 0 limits the gateway as a whole, as every rule of the target does, and a window of a second is what a threshold without one means",
        section: "8.3",
        checked: "a number is written where the target's example shows one of that name; another mode or window without a place blocks",
        code: "POL-DIALECT",
    },
    Assumption {
        id: "rewrite-words",
        assumed: "a rewrite's pathType is EQUAL, PRE or ERGULAR, the source's words",
        section: "8.2",
        checked: "plan compares the key; verify reads every policy back, and the verify step asks both gateways",
        code: "POL-DIALECT",
    },
    Assumption {
        id: "lists-by-comma",
        assumed: "origins, methods and headers of cross-origin rules are texts with commas, as at the source",
        section: "8.2",
        checked: "plan compares the kinds of values with the example; the verify step asks both gateways",
        code: "POL-DIALECT",
    },
    Assumption {
        id: "ingress-read-back",
        assumed: "an API of Ingress objects reads back what it was made with, under ingressInfo",
        section: "5.1",
        checked: "verify reads it back",
        code: "routing.routes_configured_and_forward_correctly",
    },
    Assumption {
        id: "policy-per-service",
        assumed: "a service takes one ServiceLb and one ServiceTls, in no environment; without them it is balanced by round robin and spoken to as its protocol says",
        section: "8.1, 8.2",
        checked: "plan reads attachableResourceTypes; a second policy of the class is refused and then looked up; verify reads both back",
        code: "POL-ATTACH",
    },
    Assumption {
        id: "tls-short-form",
        assumed: "a ServiceTls configuration may leave out certificates, authorities and alternative names, which then are not checked",
        section: "8.2",
        checked: "plan blocks services that have any of them; verify reads every policy back",
        code: "FTR-NOT-CARRIED",
    },
    Assumption {
        id: "scene-spelling",
        assumed: "requests say SingleService where answers say Single",
        section: "7.6",
        checked: "both spellings are read as the same",
        code: "GS-OURS-ONLY",
    },
    Assumption {
        id: "versions-by-tag",
        assumed: "MultiServiceByTag is accepted on create, though the request's enumeration does not list it",
        section: "7.6",
        checked: "when it is refused the same shares are sent as MultiServiceByRatio with a version each",
        code: "GS-REFUSED",
    },
    Assumption {
        id: "options-spelling",
        assumed: "the method is spelt OPTIONS, though the enumeration says OPTION",
        section: "7.5",
        checked: "when it is refused OPTION is sent; both are read as the same",
        code: "GS-REFUSED",
    },
    Assumption {
        id: "deploy-custom-domains",
        assumed: "a route with custom domains only can be published",
        section: "7.3",
        checked: "when it is refused the environment's sub-domain is added to the route, it is published again and that is reported",
        code: "RTE-PUBLISHABLE",
    },
    Assumption {
        id: "association-state",
        assumed: "a source whose state is Associated, or a common word of that meaning, can be imported from",
        section: "5",
        checked: "another word is waited out; then the source counts as associated only if it lists importable services",
        code: "GS-SOURCE-ASSOCIATION",
    },
    Assumption {
        id: "star-domain",
        assumed: "a domain named * is accepted",
        section: "4",
        checked: "plan asks with dryRun before anything is written",
        code: "DOM-STAR",
    },
    Assumption {
        id: "rest-backend",
        assumed: "a REST API made with deployConfigs and published with the same words leads all its operations there, and their status reads Deployed when they serve",
        section: "7.3",
        checked: "apply waits for that status; verify reads API and operations back, and the verify step asks both gateways",
        code: "routing.routes_configured_and_forward_correctly",
    },
    Assumption {
        id: "quota-keys",
        assumed: "the key of a quota names the kind of object that it counts: source, service, route, domain, consumer, plugin or policy; a limit below one is no limit",
        section: "3.4",
        checked: "a key that names none or several of them is told and judged by what is used already; the target itself refuses what does not fit",
        code: "CAP-QUOTA",
    },
    Assumption {
        id: "deploy-state",
        assumed: "deployStatus reads Deployed when a published route serves, and NotDeployed before",
        section: "7.3",
        checked: "apply polls for Deployed and gives up with an error that shows the states seen",
        code: "GS-DEPLOY-WAIT",
    },
    Assumption {
        id: "creation-order",
        assumed: "among routes that match alike the earlier createTimestamp wins on the target",
        section: "7.4",
        checked: "routes are created one after another, and verify compares the timestamps inside each group",
        code: "RTE-ORDER",
    },
    Assumption {
        id: "prefix-and-regex",
        assumed: "prefixes compare plain text and expressions are of the RE2 kind on both sides",
        section: "7.5",
        checked: "the verify step sends the same requests to both gateways and compares the answers",
        code: "GS-VERIFY-MISMATCH",
    },
    Assumption {
        id: "health-check-off",
        assumed: "UpdateService with healthCheckConfig.enable false turns health checks off",
        section: "6",
        checked: "verify reads the services back",
        code: "routing.sources_and_services_configured_and_reach_backends",
    },
    Assumption {
        id: "list-per-place",
        assumed: "at one place one IpAccessControl policy is enough: lists of one place are written as one, so that nothing hangs on how several of them go together",
        section: "9",
        checked: "plan computes who passes from what it writes; verify computes it again from what it reads back",
        code: "security.lists_effective",
    },
    Assumption {
        id: "guard-dialect",
        assumed: "lists say type White or Black with content as a list, authentications use the source's words in lower camel case",
        section: "8.2, 9, 10",
        checked: "plan compares keys and kinds of values with ListPolicyClasses.configExample; verify reads every policy back",
        code: "POL-DIALECT",
    },
    Assumption {
        id: "consumer-key-words",
        assumed: "secretType is Symmetry or Asymmetry",
        section: "11",
        checked: "when Asymmetry is refused Asymmetric is sent; both are read as the same",
        code: "GS-REFUSED",
    },
    Assumption {
        id: "grant-before-authentication",
        assumed: "an Authentication policy that is off can be attached and granted before it is switched on, and acts with the next publication",
        section: "2.1, 11",
        checked: "each is an operation of its own in that order; verify reads policy and grants back",
        code: "security.consumers_created_and_scopes_correct",
    },
    Assumption {
        id: "plugin-order",
        assumed: "stages run authentication, authorization, statistics, default, and a larger number runs earlier inside a stage",
        section: "12.3",
        checked: "plan compares both orders for every pair of plugins that are on; verify compares again by what ListPlugins shows once they are installed",
        code: "PLG-ORDER",
    },
    Assumption {
        id: "plugin-class-name",
        assumed: "the provider's plugin has the source's name on the target, or the guide's name as its alias",
        section: "12.3",
        checked: "plan looks every plugin up in ListPluginClasses and blocks on one that is not there",
        code: "PLG-MISSING",
    },
    Assumption {
        id: "feature-lists",
        assumed: "a parameter that is a list is written with commas, or as JSON where its present value or default is",
        section: "14",
        checked: "every parameter is read back by verify",
        code: "parameters.configured_and_performance_meets_expectation",
    },
];

#[cfg(test)]
mod tests {
    use std::collections::BTreeSet;

    use super::ALL;

    #[test]
    fn each_is_named_once_and_says_everything() {
        let ids: BTreeSet<&str> = ALL.iter().map(|one| one.id).collect();
        assert_eq!(ids.len(), ALL.len());
        assert!(ALL.iter().all(|one| {
            [one.assumed, one.section, one.checked, one.code].iter().all(|text| !text.is_empty())
        }));
    }
}
