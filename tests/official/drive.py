#!/usr/bin/env python3
"""Drive an endpoint with Alibaba Cloud's own Python clients.

    python3 drive.py --endpoint http://127.0.0.1:8080 --product apig|mse|alidns|cms|arms|sls [--read-only]

The key comes from ALIBABA_CLOUD_ACCESS_KEY_ID and ALIBABA_CLOUD_ACCESS_KEY_SECRET
(and ALIBABA_CLOUD_SECURITY_TOKEN, if set); any dummy will do for a simulated cloud.

One line a call:

    ok    CreateDomain              200  CreateDomainResponse        d-123
    FAIL  GetDomain                 404  NotFound                    no such domain
    FAIL  ListDomains               200  ListDomainsResponse         type: response.data.items[0].name: integer where string is due
    skip  GetGatewayRouteDetail     -    -                           the gateway has no route

"ok" means: the client accepted the answer, filled its own response type from it,
and the raw answer has no field and no JSON type the API contract does not know.
A call that is meant to be refused is ok when it is refused with a code, a
message and a request id. Exit 0 only when every line is ok (--allow-skips lets
skipped lines pass). The last line holds the counts.

--later FILE names operations ("product Operation" a line) that the simulated
cloud does not serve yet. Being told so (501 LabNotServed) is "later" for them and
passes; being served fails, so that the file does not outlive its reason.
"""
import argparse
import base64
import json
import os
import socket
import sys
import time
import uuid

from alibabacloud_alidns20150109 import models as dns
from alibabacloud_alidns20150109.client import Client as DnsClient
from alibabacloud_apig20240327 import models as apig
from alibabacloud_apig20240327.client import Client as ApigClient
from alibabacloud_arms20190808 import models as arms
from alibabacloud_arms20190808.client import Client as ArmsClient
from alibabacloud_cms20190101 import models as cms
from alibabacloud_cms20190101.client import Client as CmsClient
from alibabacloud_mse20190531 import models as mse
from alibabacloud_mse20190531.client import Client as MseClient
from alibabacloud_sls20201230 import models as sls
from alibabacloud_sls20201230.client import Client as SlsClient
from alibabacloud_tea_openapi.exceptions import AlibabaCloudException
from alibabacloud_tea_openapi.utils_models import Config
from darabonba.exceptions import UnretryableException
from darabonba.model import DaraModel

from check_requests import CONTRACT, Check

CLIENTS = {"apig": ApigClient, "mse": MseClient, "alidns": DnsClient, "cms": CmsClient, "arms": ArmsClient,
           "sls": SlsClient}


class Driver:
    def __init__(self, args):
        with open(os.path.join(CONTRACT, args.product + ".json"), encoding="utf-8") as handle:
            self.operations = json.load(handle)["operations"]
        scheme, _, host = args.endpoint.rstrip("/").partition("://")
        self.client = CLIENTS[args.product](Config(
            access_key_id=os.environ["ALIBABA_CLOUD_ACCESS_KEY_ID"],
            access_key_secret=os.environ["ALIBABA_CLOUD_ACCESS_KEY_SECRET"],
            security_token=os.environ.get("ALIBABA_CLOUD_SECURITY_TOKEN"),
            endpoint=host, protocol=scheme.upper(), region_id=args.region,
            signature_version="v4" if args.product == "sls" else None))
        self.args, self.last = args, {}
        self.later = later(args.later, args.product) if args.later else set()
        self.counts = {"ok": 0, "FAIL": 0, "skip": 0, "later": 0}
        # Log Service has another entrance than the others.
        entrance = "execute" if args.product == "sls" else "call_api"
        plain = getattr(self.client, entrance)

        def call_api(params, request, runtime):
            self.last = {"action": params.action}
            answer = plain(params, request, runtime)
            self.last.update(status=answer["statusCode"], raw=answer["body"], headers=answer.get("headers") or {})
            return answer
        setattr(self.client, entrance, call_api)

    def line(self, mark, operation, status, what, note=""):
        self.counts[mark] += 1
        print(f"{mark:5} {operation:42} {status!s:4} {what:46} {str(note)[:200]}".rstrip(), flush=True)

    def skip(self, operation, why):
        self.line("skip", operation, "-", "-", why)

    def call(self, method, *args, note=None, refused=False):
        """Call self.client.<method>(*args); the answer as plain data, or None."""
        self.last = {"action": method}
        try:
            answer = getattr(self.client, method)(*args)
        except AlibabaCloudException as error:
            name = self.last["action"]
            if error.code == "LabNotServed" and name in self.later:
                self.line("later", name, error.status_code, error.code, error.message)
                return None
            whole = error.code not in (None, "None", "") and error.message and error.request_id not in (None, "None", "")
            text = (error.data or {}).get("Message") or (error.data or {}).get("message") or error.message
            self.line("ok" if refused and whole else "FAIL", name, error.status_code, error.code,
                      text if whole else f"code, message or request id is missing: {text}")
            return None
        except UnretryableException as error:  # how Log Service's client words every refusal
            name, text = self.last["action"], str(error)
            whole = text.startswith("Error: ") and "'requestId': '" in text and len(text.split()) > 2
            self.line("ok" if refused and whole else "FAIL", name, "-", text.split()[1] if whole else "-", text)
            return None
        except Exception as error:  # network, not JSON, client bug: all a failure here
            self.line("FAIL", self.last["action"], "-", type(error).__name__, error)
            return None
        name, raw = self.last["action"], self.last.get("raw")
        problems = self.problems(name, answer, raw)
        if name in self.later:
            problems.append("served, take it off the list of later operations")
        if refused:
            problems.append("accepted, should have been refused")
        if isinstance(raw, dict) and raw.get("Success") is False:
            problems.append(f"Success is false: {raw.get('Message')}")
        shown = note(raw) if note and not problems else ""
        self.line("FAIL" if problems else "ok", name, self.last.get("status"), type(answer).__name__,
                  f"type: {problems[0]}" if problems else shown)
        return raw

    def problems(self, name, answer, raw):
        check = Check(nulls_allowed=True)
        if not isinstance(raw, dict):
            return [f"response is {type(raw).__name__}, not an object"]
        check.value("response", self.operations[name]["response"], raw, required=False)
        if not isinstance(answer.body, DaraModel):
            check.say("the client could not fill its response type")
        elif not check.problems:
            lost = missing(raw, answer.body.to_map())
            if lost:
                check.say(f"the client lost {lost}")
        named = [*raw.items(), *((k.replace("x-log-", ""), v) for k, v in self.last.get("headers", {}).items())]
        if not any(k.lower() == "requestid" and v for k, v in named):
            check.say("no request id")
        return check.problems

    def pages(self, method, request, total, size=2):
        """Call a paged list until all is read; the items. total(raw) -> (items, total size)."""
        items, number = [], 1
        while True:
            raw = self.call(method, request(number, size), note=lambda r: f"page {number}, total {total(r)[1]}")
            if raw is None:
                return items
            part, whole = total(raw)
            items += part or []
            if not part or len(items) >= (whole or 0) or number >= 50:
                return items
            number += 1


def later(path, product):
    """The operations of a product that the file names."""
    with open(path, encoding="utf-8") as handle:
        words = [line.partition("#")[0].split() for line in handle]
    return {pair[1] for pair in words if len(pair) == 2 and pair[0] == product}


def missing(raw, kept, where=""):
    """Path of something in raw that kept lacks, or None."""
    if isinstance(raw, dict):
        for key, item in raw.items():
            if item is None:
                continue
            if not isinstance(kept, dict) or key not in kept:
                return f"{where}.{key}"
            found = missing(item, kept[key], f"{where}.{key}")
            if found:
                return found
    elif isinstance(raw, list):
        for at, item in enumerate(raw):
            found = missing(item, kept[at], f"{where}[{at}]")
            if found:
                return found
    elif raw != kept:
        return where
    return None


def data(raw, *path):
    """raw[path...] or None on the way."""
    for key in path:
        if isinstance(raw, list):
            raw = raw[key] if isinstance(key, int) and len(raw) > key else None
        elif isinstance(raw, dict):
            raw = raw.get(key)
        if raw is None:
            return None
    return raw


# --- Cloud-native API Gateway -------------------------------------------------------------------

def drive_apig(d):
    items = lambda raw: (data(raw, "data", "items"), data(raw, "data", "totalSize"))
    name = f"{d.args.prefix}-{uuid.uuid4().hex[:8]}"
    gateways = d.pages("list_gateways", lambda n, s: apig.ListGatewaysRequest(page_number=n, page_size=s), items)
    gateway = d.args.gateway or data(gateways, 0, "gatewayId")
    if not gateway:
        return d.skip("GetGateway", "there is no gateway")
    detail = d.call("get_gateway", gateway, note=lambda r: data(r, "data", "status"))
    features = d.call("list_gateway_features", gateway)
    d.call("get_trace_config", gateway, apig.GetTraceConfigRequest())
    environments = d.pages("list_environments", lambda n, s: apig.ListEnvironmentsRequest(
        gateway_id=gateway, page_number=n, page_size=s), items)
    environment = data(environments, 0, "environmentId") or data(detail, "data", "environments", 0, "environmentId")
    d.pages("list_domains", lambda n, s: apig.ListDomainsRequest(page_number=n, page_size=s), items)
    d.pages("list_sources", lambda n, s: apig.ListSourcesRequest(gateway_id=gateway, page_number=n, page_size=s), items)
    d.pages("list_services", lambda n, s: apig.ListServicesRequest(gateway_id=gateway, page_number=n, page_size=s), items)
    d.pages("list_http_apis", lambda n, s: apig.ListHttpApisRequest(page_number=n, page_size=s), items)
    d.pages("list_consumers", lambda n, s: apig.ListConsumersRequest(page_number=n, page_size=s), items)
    classes = d.pages("list_plugin_classes", lambda n, s: apig.ListPluginClassesRequest(page_number=n, page_size=s),
                      items, size=100)
    plugins = d.pages("list_plugins", lambda n, s: apig.ListPluginsRequest(
        gateway_id=gateway, page_number=n, page_size=s), items, size=100)
    d.call("list_policy_classes", apig.ListPolicyClassesRequest(page_number=1, page_size=100))
    d.call("list_policies", apig.ListPoliciesRequest(gateway_id=gateway, environment_id=environment))
    d.call("list_plugin_attachments", apig.ListPluginAttachmentsRequest(gateway_id=gateway, page_number=1, page_size=10))
    d.call("list_ssl_certs", apig.ListSslCertsRequest(page_number=1, page_size=10))
    d.call("get_domain", "d-does-not-exist", apig.GetDomainRequest(), refused=True)
    d.call("get_http_api", "api-does-not-exist", apig.GetHttpApiRequest(), refused=True)
    if d.args.read_only:
        return

    # domain
    host, token = f"{name}.example.com", uuid.uuid4().hex
    new_domain = apig.CreateDomainRequest(name=host, protocol="HTTP", domain_scope="Dedicated", client_token=token)
    domain = data(d.call("create_domain", new_domain, note=lambda r: data(r, "data", "domainId")), "data", "domainId")
    again = data(d.call("create_domain", new_domain, note=lambda r: "same token: " + str(data(r, "data", "domainId"))),
                 "data", "domainId")
    if domain and again != domain:
        d.line("FAIL", "CreateDomain", "-", "clientToken", f"a repeated call made {again}, not {domain}")
    d.call("create_domain", apig.CreateDomainRequest(name=host, protocol="HTTP", domain_scope="Dedicated"),
           refused=True)  # the name is taken
    if domain:
        d.call("get_domain", domain, apig.GetDomainRequest(), note=lambda r: data(r, "data", "name"))
        d.call("update_domain", domain, apig.UpdateDomainRequest(protocol="HTTP", force_https=False))
        d.call("list_domains", apig.ListDomainsRequest(name_like=name, page_number=1, page_size=10),
               note=lambda r: f"found {len(data(r, 'data', 'items') or [])}")

    # service with a fixed address
    made = d.call("create_service", apig.CreateServiceRequest(
        gateway_id=gateway, source_type="VIP", client_token=uuid.uuid4().hex,
        service_configs=[apig.CreateServiceRequestServiceConfigs(name=name, addresses=["192.0.2.10:8080"])]),
        note=lambda r: data(r, "data", "serviceIds"))
    service = data(made, "data", "serviceIds", 0)
    if service:
        d.call("get_service", service, note=lambda r: data(r, "data", "addresses"))
        d.call("update_service", service, apig.UpdateServiceRequest(
            addresses=["192.0.2.10:8080", "192.0.2.11:8080"], protocol="HTTP",
            health_check_config=apig.UpdateServiceRequestHealthCheckConfig(
                enable=True, protocol="TCP", interval=5, timeout=2, healthy_threshold=2, unhealthy_threshold=2)))
        d.call("get_service", service, note=lambda r: data(r, "data", "addresses"))

    # API, route, publication
    api = data(d.call("create_http_api", apig.CreateHttpApiRequest(
        name=name, type="Http", protocols=["HTTP"], description="made by a check", client_token=uuid.uuid4().hex),
        note=lambda r: data(r, "data", "httpApiId")), "data", "httpApiId")
    route = None
    if api:
        d.call("get_http_api", api, apig.GetHttpApiRequest(), note=lambda r: data(r, "data", "name"))
        match = apig.HttpRouteMatch(path=apig.HttpRouteMatchPath(type="Prefix", value="/orders"), methods=["GET", "POST"],
                                    headers=[apig.HttpRouteMatchHeaders(name="x-env", type="Exact", value="a")],
                                    query_params=[apig.HttpRouteMatchQueryParams(name="v", type="Regex", value="[0-9]+")],
                                    ignore_uri_case=False)
        backend = apig.CreateHttpApiRouteRequestBackendConfig(
            scene="SingleService", services=[apig.CreateHttpApiRouteRequestBackendConfigServices(
                service_id=service, port=8080, protocol="HTTP", weight=100)])
        route = data(d.call("create_http_api_route", api, apig.CreateHttpApiRouteRequest(
            name=name, environment_id=environment, domain_ids=[domain] if domain else None, match=match,
            backend_config=backend), note=lambda r: data(r, "data", "routeId")), "data", "routeId")
        d.call("list_http_api_routes", api, apig.ListHttpApiRoutesRequest(page_number=1, page_size=10),
               note=lambda r: f"total {data(r, 'data', 'totalSize')}")
    if route:
        d.call("get_http_api_route", api, route, note=lambda r: data(r, "data", "deployStatus"))
        d.call("update_http_api_route", api, route, apig.UpdateHttpApiRouteRequest(
            description="changed", environment_id=environment, domain_ids=[domain] if domain else None, match=match,
            backend_config=apig.UpdateHttpApiRouteRequestBackendConfig(
                scene="SingleService", services=[apig.UpdateHttpApiRouteRequestBackendConfigServices(
                    service_id=service, port=8080, protocol="HTTP", weight=100)])))
        d.call("deploy_http_api", api, apig.DeployHttpApiRequest(route_id=route))
        for _ in range(20):  # publication goes on after the answer
            status = data(d.call("get_http_api_route", api, route, note=lambda r: data(r, "data", "deployStatus")),
                          "data", "deployStatus")
            if status is None or "ing" not in status:
                break
            time.sleep(0.5)

        # policies on the route: apart, then in one call
        policy = data(d.call("create_policy", apig.CreatePolicyRequest(
            class_name="Timeout", name=name, config=json.dumps({"enable": True, "unitNum": 10, "timeUnit": "s"})),
            note=lambda r: data(r, "data", "policyId")), "data", "policyId")
        if policy:
            attachment = data(d.call("create_policy_attachment", apig.CreatePolicyAttachmentRequest(
                policy_id=policy, attach_resource_id=route, attach_resource_type="GatewayRoute",
                environment_id=environment, gateway_id=gateway),
                note=lambda r: data(r, "data", "policyAttachmentId")), "data", "policyAttachmentId")
            d.call("get_policy", policy)
            d.call("list_policies", apig.ListPoliciesRequest(
                attach_resource_id=route, attach_resource_type="GatewayRoute", gateway_id=gateway,
                environment_id=environment, with_attachments=True))
            d.call("update_policy", policy, apig.UpdatePolicyRequest(
                name=name, config=json.dumps({"enable": True, "unitNum": 20, "timeUnit": "s"})))
            if attachment:
                d.call("get_policy_attachment", attachment)
                d.call("delete_policy_attachment", attachment)
            d.call("delete_policy", policy)
        both = data(d.call("create_and_attach_policy", apig.CreateAndAttachPolicyRequest(
            class_name="IpAccessControl", name=name + "-ip", attach_resource_ids=[route],
            attach_resource_type="GatewayRoute", environment_id=environment, gateway_id=gateway,
            config=json.dumps({"enable": True, "type": "White", "content": ["192.0.2.0/24"]})),
            note=lambda r: data(r, "data", "policyId")), "data", "policyId")
        if both:
            d.call("detach_and_delete_policy", both, apig.DetachAndDeletePolicyRequest())

    # plugin
    installed = {data(p, "pluginClassInfo", "pluginClassId"): data(p, "pluginId") for p in plugins}
    plugin_class = data(classes, 0, "pluginClassId")
    plugin, ours = installed.get(plugin_class), False
    if plugin_class and not plugin:
        d.call("install_plugin", apig.InstallPluginRequest(plugin_class_id=plugin_class, gateway_ids=[gateway]))
        ours = True
        again = d.call("list_plugins", apig.ListPluginsRequest(gateway_id=gateway, page_number=1, page_size=100))
        plugin = next((data(p, "pluginId") for p in data(again, "data", "items") or []
                       if data(p, "pluginClassInfo", "pluginClassId") == plugin_class), None)
    if plugin and route:
        config = base64.b64encode(b"allow: []\n").decode()
        mounted = data(d.call("create_plugin_attachment", apig.CreatePluginAttachmentRequest(
            plugin_id=plugin, gateway_id=gateway, environment_id=environment, attach_resource_type="GatewayRoute",
            attach_resource_ids=[route], enable=True, plugin_config=config),
            note=lambda r: data(r, "data", "pluginAttachmentId")), "data", "pluginAttachmentId")
        if mounted:
            d.call("get_plugin_attachment", mounted)
            d.call("update_plugin_attachment", mounted, apig.UpdatePluginAttachmentRequest(
                enable=False, plugin_config=config, attach_resource_ids=[route]))
            d.call("delete_plugin_attachment", mounted)
    elif not plugin:
        d.skip("CreatePluginAttachment", "no plugin class is listed, or it did not show up after install")
    if plugin and ours:
        d.call("uninstall_plugin", plugin)

    # consumer
    key = apig.ApiKeyIdentityConfig(
        type="Apikey", apikey_source=apig.ApiKeyIdentityConfigApikeySource(source="Default", value="Authorization"),
        credentials=[apig.ApiKeyIdentityConfigCredentials(apikey="key-" + uuid.uuid4().hex, generate_mode="Custom")])
    consumer = data(d.call("create_consumer", apig.CreateConsumerRequest(
        name=name, enable=True, gateway_type="API", apikey_identity_config=key, client_token=uuid.uuid4().hex),
        note=lambda r: data(r, "data", "consumerId")), "data", "consumerId")
    if consumer:
        d.call("get_consumer", consumer, note=lambda r: data(r, "data", "name"))
        d.call("update_consumer", consumer, apig.UpdateConsumerRequest(
            enable=True, description="changed", apikey_identity_config=key))
        if route:
            identifier = apig.CreateConsumerAuthorizationRulesRequestAuthorizationRulesResourceIdentifier(
                resource_id=route, parent_resource_id=api, environment_id=environment)
            rules = d.call("create_consumer_authorization_rules", apig.CreateConsumerAuthorizationRulesRequest(
                authorization_rules=[apig.CreateConsumerAuthorizationRulesRequestAuthorizationRules(
                    consumer_id=consumer, principal_type="Consumer", resource_type="HttpApiRoute",
                    expire_mode="LongTerm", resource_identifier=identifier)]),
                note=lambda r: data(r, "data", "consumerAuthorizationRuleIds"))
            d.call("query_consumer_authorization_rules", apig.QueryConsumerAuthorizationRulesRequest(
                consumer_id=consumer, page_number=1, page_size=10))
            rule = data(rules, "data", "consumerAuthorizationRuleIds", 0)
            if rule:
                d.call("remove_consumer_authorization_rule", rule)
        d.call("delete_consumer", consumer)

    # parameters
    feature = next((f for f in data(features, "data", "items") or []
                    if not data(f, "definition", "readOnly") and data(f, "value") is not None), None)
    if feature:
        d.call("update_gateway_feature", gateway, data(feature, "definition", "name"),
               apig.UpdateGatewayFeatureRequest(value=data(feature, "value")))
    else:
        d.skip("UpdateGatewayFeature", "no changeable parameter is listed")

    # take it all away again
    if route:
        d.call("undeploy_http_api", api, apig.UndeployHttpApiRequest(
            route_id=route, environment_id=environment, gateway_id=gateway))
        d.call("delete_http_api_route", api, route)
    if api:
        d.call("delete_http_api", api, apig.DeleteHttpApiRequest())
    if service:
        d.call("delete_service", service)
    if domain:
        d.call("delete_domain", domain)
        d.call("get_domain", domain, apig.GetDomainRequest(), refused=True)


# --- MSE cloud-native gateway -------------------------------------------------------------------

def drive_mse(d):
    paged = lambda raw: (data(raw, "Data", "Result"), data(raw, "Data", "TotalSize"))
    rows = lambda raw: f"{len(data(raw, 'Data') or [])} rows"
    gateways = d.pages("list_gateway", lambda n, s: mse.ListGatewayRequest(page_number=n, page_size=s), paged)
    gateway = d.args.gateway or data(gateways, 0, "GatewayUniqueId")
    if not gateway:
        return d.skip("GetGateway", "there is no gateway")
    of = {"gateway_unique_id": gateway}
    d.call("get_gateway", mse.GetGatewayRequest(**of), note=lambda r: f"status {data(r, 'Data', 'Status')}")
    d.call("get_gateway", mse.GetGatewayRequest(gateway_unique_id="gw-does-not-exist"), refused=True)
    d.call("get_gateway_option", mse.GetGatewayOptionRequest(**of))
    config = d.call("get_gateway_config", mse.GetGatewayConfigRequest(**of))
    d.call("list_gateway_slb", mse.ListGatewaySlbRequest(**of), note=rows)
    d.call("list_security_group_rule", mse.ListSecurityGroupRuleRequest(**of), note=rows)
    sources = d.call("list_service_source", mse.ListServiceSourceRequest(**of), note=rows)
    domains = d.call("list_gateway_domain", mse.ListGatewayDomainRequest(**of), note=rows)
    for domain in (data(domains, "Data") or [])[:3]:
        d.call("get_gateway_domain_detail", mse.GetGatewayDomainDetailRequest(id=str(domain["Id"]), **of),
               note=lambda r: data(r, "Data", "Name"))
    d.call("list_sslcert", mse.ListSSLCertRequest(**of), note=rows)
    services = d.pages("list_gateway_service", lambda n, s: mse.ListGatewayServiceRequest(
        page_number=n, page_size=s, filter_params=mse.ListGatewayServiceRequestFilterParams(**of)), paged, size=10)
    for service in services[:3]:
        d.call("get_gateway_service_detail", mse.GetGatewayServiceDetailRequest(service_id=service["Id"], **of),
               note=lambda r: data(r, "Data", "Name"))
    routes = d.pages("list_gateway_route", lambda n, s: mse.ListGatewayRouteRequest(
        page_number=n, page_size=s, filter_params=mse.ListGatewayRouteRequestFilterParams(**of)), paged, size=10)
    for route in routes[:3]:
        d.call("get_gateway_route_detail", mse.GetGatewayRouteDetailRequest(route_id=route["Id"], **of),
               note=lambda r: data(r, "Data", "Name"))
    d.call("gateway_black_white_list", mse.GatewayBlackWhiteListRequest(
        page_number=1, page_size=10, filter_params=mse.GatewayBlackWhiteListRequestFilterParams(**of)))
    auths = d.pages("list_gateway_auth", lambda n, s: mse.ListGatewayAuthRequest(
        page_number=n, page_size=s, filter_params=mse.ListGatewayAuthRequestFilterParams(**of)), paged, size=10)
    for auth in auths[:3]:
        d.call("get_gateway_auth_detail", mse.GetGatewayAuthDetailRequest(id=auth["Id"], **of),
               note=lambda r: data(r, "Data", "Type"))
    consumers = d.pages("list_gateway_auth_consumer", lambda n, s: mse.ListGatewayAuthConsumerRequest(
        page_num=str(n), page_size=str(s), **of), paged, size=10)
    for consumer in consumers[:3]:
        d.call("get_gateway_auth_consumer_detail", mse.GetGatewayAuthConsumerDetailRequest(id=consumer["Id"], **of))
        d.call("list_gateway_auth_consumer_resource", mse.ListGatewayAuthConsumerResourceRequest(
            consumer_id=consumer["Id"], page_num="1", page_size="10", **of))
    plugins = d.call("get_plugins", mse.GetPluginsRequest(**of), note=rows)
    for plugin in (data(plugins, "Data") or [])[:3]:
        d.call("get_plugin_config", mse.GetPluginConfigRequest(plugin_id=plugin["Id"], **of),
               note=lambda r: data(r, "Data", "Name"))
    route_filter = json.dumps(dict(GatewayUniqueId=gateway, RouteId=data(routes, 0, "Id")))
    d.call("list_gateway_flow_rule", mse.ListGatewayFlowRuleRequest(filter_params=route_filter))
    d.call("list_gateway_isolation_rule", mse.ListGatewayIsolationRuleRequest(filter_params=route_filter))
    d.call("list_gateway_circuit_breaker_rule", mse.ListGatewayCircuitBreakerRuleRequest(filter_params=route_filter))
    d.call("list_tag_resources", mse.ListTagResourcesRequest(
        region_id=d.args.region, resource_type="GATEWAY", resource_id=[gateway]))
    for want, what in ((sources, "service source"), (domains, "domain")):
        if not data(want, "Data"):
            d.skip("-", f"the gateway has no {what}")
    for want, what in ((services, "service"), (routes, "route")):
        if not want:
            d.skip("-", f"the gateway has no {what}")
    if d.args.read_only:
        return

    name = f"{d.args.prefix}-{uuid.uuid4().hex[:8]}"
    new = data(d.call("add_gateway_domain", mse.AddGatewayDomainRequest(
        name=f"{name}.example.com", protocol="HTTP", must_https=False, **of), note=lambda r: data(r, "Data")), "Data")
    again = d.call("list_gateway_domain", mse.ListGatewayDomainRequest(domain_name=f"{name}.example.com", **of), note=rows)
    domain = data(again, "Data", 0, "Id") if new is not None else None
    if domain is not None:
        d.call("update_gateway_domain", mse.UpdateGatewayDomainRequest(id=domain, protocol="HTTP", must_https=False, **of))
    service = data(services, 0, "Id")
    route = None
    if domain is not None and service is not None:
        route = data(d.call("add_gateway_route", mse.AddGatewayRouteRequest(
            name=name, route_order=100, destination_type="Single", domain_id_list_json=json.dumps([domain]),
            predicates=mse.AddGatewayRouteRequestPredicates(
                path_predicates=mse.AddGatewayRouteRequestPredicatesPathPredicates(path="/check", type="PRE", ignore_case=False),
                method_predicates=["GET"]),
            services=[mse.AddGatewayRouteRequestServices(service_id=service, percent=100)], **of),
            note=lambda r: data(r, "Data")), "Data")
    if route is not None:
        d.call("update_gateway_route_timeout", mse.UpdateGatewayRouteTimeoutRequest(
            id=route, timeout_json=mse.UpdateGatewayRouteTimeoutRequestTimeoutJSON(
                status="on", time_unit="s", unit_num=5), **of))
        d.call("apply_gateway_route", mse.ApplyGatewayRouteRequest(route_id=str(route), **of))
        d.call("get_gateway_route_detail", mse.GetGatewayRouteDetailRequest(route_id=route, **of),
               note=lambda r: f"status {data(r, 'Data', 'Status')}")
        d.call("offline_gateway_route", mse.OfflineGatewayRouteRequest(route_id=str(route), **of))
        d.call("delete_gateway_route", mse.DeleteGatewayRouteRequest(route_id=str(route), **of))
    if domain is not None:
        d.call("delete_gateway_domain", mse.DeleteGatewayDomainRequest(id=str(domain), **of))
    d.call("add_black_white_list", mse.AddBlackWhiteListRequest(
        name=name, resource_type="GATEWAY", type="IP", is_white=False, status="off", content="192.0.2.0/24", **of))
    listed = d.call("gateway_black_white_list", mse.GatewayBlackWhiteListRequest(
        page_number=1, page_size=100, filter_params=mse.GatewayBlackWhiteListRequestFilterParams(**of)))
    for row in data(listed, "Data", "Result") or []:
        if row.get("Name") == name:
            d.call("delete_black_white_list", mse.DeleteBlackWhiteListRequest(id=row["Id"], **of))
    value = data(config, "Data", "EnableGzip")
    if value is not None:
        d.call("update_gateway_config", mse.UpdateGatewayConfigRequest(
            config_name="EnableGzip", config_value=str(value).lower(), **of))


# --- Alibaba Cloud DNS --------------------------------------------------------------------------

def drive_alidns(d):
    records = lambda raw: (data(raw, "DomainRecords", "Record"), data(raw, "TotalCount"))
    domains = d.call("describe_domains", dns.DescribeDomainsRequest(page_number=1, page_size=10),
                     note=lambda r: f"{data(r, 'TotalCount')} domains")
    zone = d.args.zone or data(domains, "Domains", "Domain", 0, "DomainName")
    if not zone:
        return d.skip("DescribeDomainInfo", "there is no domain")
    d.call("describe_domain_info", dns.DescribeDomainInfoRequest(domain_name=zone, need_detail_attributes=True),
           note=lambda r: f"least TTL {data(r, 'MinTtl')}")
    d.pages("describe_domain_records", lambda n, s: dns.DescribeDomainRecordsRequest(
        domain_name=zone, page_number=n, page_size=s), records, size=20)
    d.call("describe_dnsslbsub_domains", dns.DescribeDNSSLBSubDomainsRequest(domain_name=zone, page_number=1, page_size=20))
    d.call("describe_domain_record_info", dns.DescribeDomainRecordInfoRequest(record_id="does-not-exist"), refused=True)
    if d.args.read_only:
        return
    label = f"{d.args.prefix}-{uuid.uuid4().hex[:8]}"
    sub = f"{label}.{zone}"
    ids = []
    for value in ("old-gateway.example.com", "new-gateway.example.com"):
        ids.append(data(d.call("add_domain_record", dns.AddDomainRecordRequest(
            domain_name=zone, rr=label, type="CNAME", value=value, ttl=600),
            note=lambda r: data(r, "RecordId")), "RecordId"))
    d.call("add_domain_record", dns.AddDomainRecordRequest(
        domain_name=zone, rr=label, type="CNAME", value="new-gateway.example.com", ttl=600), refused=True)
    d.call("describe_sub_domain_records", dns.DescribeSubDomainRecordsRequest(sub_domain=sub, domain_name=zone),
           note=lambda r: f"{data(r, 'TotalCount')} records")
    d.call("set_dnsslbstatus", dns.SetDNSSLBStatusRequest(sub_domain=sub, domain_name=zone, type="CNAME", open=True),
           note=lambda r: f"open {data(r, 'Open')}")
    d.call("describe_dnsslbsub_domains", dns.DescribeDNSSLBSubDomainsRequest(domain_name=zone, page_number=1, page_size=20))
    for record, weight in zip(ids, (99, 1)):
        if record:
            d.call("update_dnsslbweight", dns.UpdateDNSSLBWeightRequest(record_id=record, weight=weight),
                   note=lambda r: f"weight {data(r, 'Weight')}")
    d.call("describe_sub_domain_records", dns.DescribeSubDomainRecordsRequest(sub_domain=sub, domain_name=zone),
           note=lambda r: "weights " + str([x.get("Weight") for x in data(r, "DomainRecords", "Record") or []]))
    if ids[0]:
        d.call("update_dnsslbweight", dns.UpdateDNSSLBWeightRequest(record_id=ids[0], weight=101), refused=True)
        d.call("update_domain_record", dns.UpdateDomainRecordRequest(
            record_id=ids[0], rr=label, type="CNAME", value="old-gateway.example.com", ttl=60))
        d.call("describe_domain_record_info", dns.DescribeDomainRecordInfoRequest(record_id=ids[0]),
               note=lambda r: f"TTL {data(r, 'TTL')}")
    if ids[1]:
        d.call("set_domain_record_status", dns.SetDomainRecordStatusRequest(record_id=ids[1], status="Disable"),
               note=lambda r: data(r, "Status"))
    d.call("set_dnsslbstatus", dns.SetDNSSLBStatusRequest(sub_domain=sub, domain_name=zone, type="CNAME", open=False))
    for record in ids:
        if record:
            d.call("delete_domain_record", dns.DeleteDomainRecordRequest(record_id=record))
    d.call("describe_sub_domain_records", dns.DescribeSubDomainRecordsRequest(sub_domain=sub, domain_name=zone),
           note=lambda r: f"{data(r, 'TotalCount')} records")


# --- CloudMonitor -------------------------------------------------------------------------------

def drive_cms(d):
    rows = lambda raw: (data(raw, "Alarms", "Alarm"), int(data(raw, "Total") or 0))
    metas = lambda raw: (data(raw, "Resources", "Resource"), int(data(raw, "TotalCount") or 0))
    d.call("describe_project_meta", cms.DescribeProjectMetaRequest(page_number=1, page_size=10),
           note=lambda r: f"{data(r, 'Total')} namespaces")
    known = d.pages("describe_metric_meta_list", lambda n, s: cms.DescribeMetricMetaListRequest(
        namespace="acs_cnapigateway", page_number=n, page_size=s), metas, size=10)
    groups = d.call("describe_contact_group_list", cms.DescribeContactGroupListRequest(page_number=1, page_size=10),
                    note=lambda r: f"{data(r, 'Total')} groups")
    rules = d.pages("describe_metric_rule_list", lambda n, s: cms.DescribeMetricRuleListRequest(
        page=n, page_size=s), rows, size=2)
    watched = json.loads(data(rules, 0, "Resources") or "[]")
    for metric in ("gateway_qps", "gateway_5xx_rate"):
        d.call("describe_metric_list", cms.DescribeMetricListRequest(
            namespace="acs_mse_gateway", metric_name=metric, period="60", dimensions=json.dumps(watched)),
            note=lambda r: data(r, "Datapoints"))
    d.call("describe_metric_last", cms.DescribeMetricLastRequest(
        namespace="acs_mse_gateway", metric_name="gateway_qps", dimensions=json.dumps(watched)))
    d.call("describe_metric_rule_count", cms.DescribeMetricRuleCountRequest(namespace="acs_mse_gateway"),
           note=lambda r: data(r, "MetricRuleCount"))
    if d.args.read_only:
        return
    rule, group = f"{d.args.prefix}-{uuid.uuid4().hex[:8]}", data(groups, "ContactGroups", "ContactGroup", 0)
    level = lambda threshold: cms.PutResourceMetricRuleRequestEscalations(
        critical=cms.PutResourceMetricRuleRequestEscalationsCritical(
            statistics="Average", comparison_operator="GreaterThanThreshold", threshold=threshold, times=3))
    put = lambda metric, threshold: cms.PutResourceMetricRuleRequest(
        rule_id=rule, rule_name=rule, namespace="acs_cnapigateway", metric_name=metric, contact_groups=group,
        period="60", resources=json.dumps([{"instanceId": "gw-none"}]), escalations=level(threshold))
    d.call("put_resource_metric_rule", put(data(known, 0, "MetricName"), "80"))
    d.call("put_resource_metric_rule", put("NoSuchMetric", "80"), refused=True)
    d.call("put_resource_metric_rule", put(data(known, 0, "MetricName"), "much"), refused=True)
    d.call("disable_metric_rules", cms.DisableMetricRulesRequest(rule_id=[rule]))
    d.call("describe_metric_rule_list", cms.DescribeMetricRuleListRequest(rule_ids=rule),
           note=lambda r: f"in force {data(r, 'Alarms', 'Alarm', 0, 'EnableState')}")
    d.call("enable_metric_rules", cms.EnableMetricRulesRequest(rule_id=[rule]))
    d.call("delete_metric_rules", cms.DeleteMetricRulesRequest(id=[rule]))
    d.call("delete_metric_rules", cms.DeleteMetricRulesRequest(id=[rule]), refused=True)


# --- ARMS ---------------------------------------------------------------------------------------

def drive_arms(d):
    d.call("get_alert_rules", arms.GetAlertRulesRequest(region_id=d.args.region, page=1, size=10),
           note=lambda r: f"{data(r, 'PageBean', 'Total')} rules")
    d.call("search_alert_rules", arms.SearchAlertRulesRequest(region_id=d.args.region, current_page=1, page_size=10),
           note=lambda r: f"{data(r, 'PageBean', 'TotalCount')} rules")


# --- Log Service --------------------------------------------------------------------------------

def drive_sls(d):
    projects = d.call("list_project", sls.ListProjectRequest(), note=lambda r: f"{data(r, 'total')} projects")
    project = data(projects, "projects", 0, "projectName")
    if not project:
        return d.skip("GetProject", "there is no project")
    d.call("get_project", project, sls.GetProjectRequest(), note=lambda r: data(r, "region"))
    d.call("get_project", "no-such-project", sls.GetProjectRequest(), refused=True)
    stores = d.call("list_log_stores", project, sls.ListLogStoresRequest(), note=lambda r: data(r, "logstores"))
    store = data(stores, "logstores", 0)
    if not store:
        return d.skip("GetLogsV2", "the project has no store")
    d.call("get_log_store", project, store, note=lambda r: f"{data(r, 'shardCount')} shards")
    d.call("get_log_store", project, "no-such-store", refused=True)
    d.call("get_index", project, store, note=lambda r: f"{len(data(r, 'keys') or {})} fields")
    # The simulated cloud's clock may be far ahead.
    now, wide = int(time.time()), 30 * 86400
    search = lambda query: sls.GetLogsV2Request(from_=now - wide, to=now + wide, query=query, line=2)
    d.call("get_logs_v2", project, store, search("response_code >= 200 and not gateshiftnever"),
           note=lambda r: f"{data(r, 'meta', 'count')} records")
    d.call("get_logs_v2", project, store, search("(open"), refused=True)
    d.call("get_logs_v2", project, "no-such-store", search("*"), refused=True)


def main():
    parser = argparse.ArgumentParser(description="Drive an endpoint with Alibaba Cloud's own clients.")
    parser.add_argument("--endpoint", required=True, help="http://host:port or https://host")
    parser.add_argument("--product", required=True, choices=sorted(CLIENTS))
    parser.add_argument("--region", default="cn-hangzhou")
    parser.add_argument("--gateway", help="gateway id (the first listed, else)")
    parser.add_argument("--zone", help="DNS domain (the first listed, else)")
    parser.add_argument("--prefix", default="check", help="start of the names of what is made")
    parser.add_argument("--read-only", action="store_true")
    parser.add_argument("--allow-skips", action="store_true")
    parser.add_argument("--later", help="file with operations that are not served yet")
    args = parser.parse_args()
    if "://" not in args.endpoint:
        parser.error("--endpoint needs a scheme, as in http://127.0.0.1:8080")
    for variable in ("ALIBABA_CLOUD_ACCESS_KEY_ID", "ALIBABA_CLOUD_ACCESS_KEY_SECRET"):
        if not os.environ.get(variable):
            parser.error(f"set {variable}")
    if args.endpoint.partition("://")[2].startswith(("127.", "localhost", "[::1]")):
        for variable in ("HTTP_PROXY", "http_proxy", "HTTPS_PROXY", "https_proxy"):
            os.environ.pop(variable, None)  # the clients would send even loopback calls there
        # A project stands before the endpoint, and no name server knows a label before an address.
        look_up, loopback = socket.getaddrinfo, args.endpoint.partition("://")[2].partition(":")[0]
        socket.getaddrinfo = lambda host, *more, **named: look_up(
            loopback if host.endswith("." + loopback) else host, *more, **named)
    driver = Driver(args)
    {"apig": drive_apig, "mse": drive_mse, "alidns": drive_alidns, "cms": drive_cms, "arms": drive_arms,
     "sls": drive_sls}[args.product](driver)
    counts = driver.counts
    print(f"calls={sum(counts.values())} ok={counts['ok']} failed={counts['FAIL']} "
          f"skipped={counts['skip']} later={counts['later']}")
    return 1 if counts["FAIL"] or (counts["skip"] and not args.allow_skips) or not counts["ok"] else 0


if __name__ == "__main__":
    sys.exit(main())
