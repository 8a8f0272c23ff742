#!/usr/bin/env python3
"""Writes fields.json: every field of the answers the reader asks for, with what becomes of it.

    python3 migrators/mse/data/generate.py

Reads the API contract of the lab. A field the contract gains shows up as a difference of fields.json
and has to be classified below before it is committed. Classes:

  carried      becomes part of the inventory with the same meaning
  differently  becomes part of the inventory with another form or default
  kept         stored in the inventory as it is; a value in use is a finding until a step carries it over
  irrelevant   has no counterpart and needs none; the reason is in REASONS
"""
import json
import os
import re

HERE = os.path.dirname(os.path.abspath(__file__))
CONTRACT = os.path.join(HERE, "../../../tests/lab/front/contract/mse.json")

REASONS = {
    "envelope": "part of every answer, says nothing about the gateway",
    "bookkeeping": "internal number, owner or time of the object itself",
    "health": "state of the moment, checked on the target instead",
    "display": "text for the console",
    "repeated": "the same as another field of the same object",
    "derived": "follows from other objects that are carried over",
    "capability": "what the version of the source can do, not what it does",
    "checked": "said by other fields of the same object as well; what only this one says is a finding",
    "lifecycle": "upgrade and billing state of the source instance, which stays as it is",
}

# What the three kinds of rules have in common.
RULE = "Id IdList RouteId Enable LimitMode BehaviorType BodyEncoding ResponseStatusCode ResponseContentBody ResponseRedirectUrl ResponseAdditionalHeaders"

# Fields the reader turns into the inventory, by action; the rest of the path is matched whole.
CARRIED = {
    "GetGateway": "Name Region Spec Replica TotalReplica ElasticReplica Vpc Vswitch Vswitch2 SecurityGroup ResourceGroupId ChargeType Status MseTag ElasticPolicy ElasticPolicy.* LogConfigDetails LogConfigDetails.* XtraceDetails XtraceDetails.*",
    "ListGateway": "Name Spec Replica TotalReplica MseVersion GatewayVersion CurrentVersion Tag MseTag GatewayEntry GatewayEntry[].* InternetSlb InternetSlb[].SlbIp InternetSlb[].Type InternetSlb[].SlbPort Slb Slb[].SlbIp Slb[].Type Slb[].SlbPort ElasticPolicy ElasticPolicy.*",
    "ListGatewayDomain": "Id Name Protocol MustHttps CertIdentifier Http2 TlsMin TlsMax TlsCipherSuitesConfig TlsCipherSuitesConfig.* TlsCipherSuitesConfig.TlsCipherSuites[] Type Status",
    "GetGatewayDomainDetail": "Id Name Protocol MustHttps CertIdentifier Http2 TlsMin TlsMax TlsCipherSuitesConfig TlsCipherSuitesConfig.* MtlsEnabled CaCertIdentifier",
    "ListSSLCert": "CertIdentifier Sans GmtAfter AfterDate",
    "ListServiceSource": "Id Name Source Address SourceUniqueId BindingWithGateway Invalid IngressOptions IngressOptions.EnableIngress IngressOptions.IngressClass IngressOptions.WatchNamespace",
    "ListGatewayService": "Id HealthCheckInfo HealthCheckInfo.* GatewayTrafficPolicy GatewayTrafficPolicy.*",
    "GetGatewayServiceDetail": "Id Name Namespace GroupName SourceType SourceId ServiceNameInRegistry ServiceFQDN ServiceProtocol ServicePort Ports Ips DnsServerList MetaInfo VersionDetails VersionDetails[].ServiceVersion VersionDetails[].ServiceVersion.* GatewayTrafficPolicy GatewayTrafficPolicy.*",
    "ListGatewayRoute": "Id Type Status",
    "GetGatewayRouteDetail": "Id Name Description DomainName DomainNameList DestinationType RoutePredicates RoutePredicates.* RouteServices RouteServices[].ServiceId RouteServices[].ServiceName RouteServices[].Name RouteServices[].ServicePort RouteServices[].Percent RouteServices[].Version RouteServices[].AgreementType Fallback FallbackServices FallbackServices[].ServiceId FallbackServices[].ServiceName FallbackServices[].Name FallbackServices[].ServicePort FallbackServices[].Percent FallbackServices[].Version FallbackServices[].AgreementType DirectResponse DirectResponse.* Redirect Redirect.* RouteOrder GmtCreate Status EnableWaf Cors Cors.* HTTPRewrite HTTPRewrite.* HeaderOp HeaderOp.* FlowMirror FlowMirror.Status FlowMirror.Percentage FlowMirror.TargetServiceId FlowMirror.Port RouteServices[].HttpDubboTranscoder RouteServices[].HttpDubboTranscoder.*",
    "ListGatewayFlowRule": f"{RULE} Threshold StatDurationMs",
    "ListGatewayIsolationRule": f"{RULE} MaxConcurrency",
    "ListGatewayCircuitBreakerRule": f"{RULE} Strategy TriggerRatio StatDurationSec RecoveryTimeoutSec MinRequestAmount MaxAllowedMs",
}
CARRIED |= {
    "ListSecurityGroupRule": "SecurityGroupId PortRange IpProtocol Description",
    "GetPlugins": "Id Name Category Phase Priority Mode WasmLang WasmFile Version Summary Status PublishState",
    "GetPluginConfig": "Mode ImageName GatewayConfigList GatewayConfigList[].Id GatewayConfigList[].Config GatewayConfigList[].Enable GatewayConfigList[].ResourceList GatewayConfigList[].ResourceList[].*",
    "GetGatewayConfig": "XtraceDetails XtraceDetails.TraceOn XtraceDetails.TraceType XtraceDetails.Sample XtraceDetails.ServiceId XtraceDetails.ServicePort SlsConfigDetails SlsConfigDetails.LogOn SlsConfigDetails.ProjectName SlsConfigDetails.LogStoreName SlsConfigDetails.NginxCompatible AccessLogHeader Downstream* Enable* Initial* KeepaliveHeaderTimeout LiteMetrics LogFilterConfig NoSupportedConfigList PathWithEscapedSlashes Preserve* UpstreamIdleTimeout WebsocketTermGracePeriod XffTrustedNum ZipAlgorithm",
    "GetGatewayOption": "DisableHttp2Alpn EnableHardwareAcceleration EnableWaf",
}
# Who may ask: lists, authentication, consumers.
CARRIED |= {
    "GatewayBlackWhiteList": "Id Name Note IsWhite ResourceType ResourceId ResourceIdJsonList Status Type",
    "ListGatewayAuth": "Id",
    "GetGatewayAuthDetail": "Id Name Type Status IsWhite AuthResourceMode AuthResourceConfig Issuer Sub Jwks Token* ClientId ClientSecret LoginUrl RedirectUrl CookieDomain ScopesList ExternalAuthZ ExternalAuthZ.ServiceId ExternalAuthZ.PrefixPath ExternalAuthZ.TokenKey ExternalAuthZ.Timeout ExternalAuthZ.IsRestrict ExternalAuthZ.Allow* ExternalAuthZ.With* ExternalAuthZ.BodyMaxBytes ResourceList ResourceList[].DomainName ResourceList[].Path ResourceList[].MatchType ResourceList[].IgnoreCase ResourceList[].AuthResourceHeaderList ResourceList[].AuthResourceHeaderList[].*",
    "ListGatewayAuthConsumer": "Id",
    "GetGatewayAuthConsumerDetail": "Id Name Type Description ConsumerStatus EncodeType Jwks KeyName KeyValue Token* ResourceList ResourceList[].RouteId ResourceList[].RouteName ResourceList[].ResourceStatus",
    "ListGatewayAuthConsumerResource": "RouteId RouteName ResourceStatus",
    "ListGatewayRouteOnAuth": "Id",
}
# What the lists and grants say once more, as said in full elsewhere.
SAID_ELSEWHERE = {
    "GatewayBlackWhiteList": "ResourceIdNameJson",
    "ListGatewayAuth": "AuthResourceMode ClientId ClientSecret CookieDomain ExternalAuthZ ExternalAuthZ.* IsWhite Issuer Jwks LoginUrl Name RedirectUrl ScopesList Status Sub Token* Type",
    "GetGatewayAuthDetail": "ExternalAuthZ.Service ExternalAuthZ.Service.* ResourceList[].AuthId ResourceList[].IsWhite",
    "ListGatewayAuthConsumer": "ConsumerStatus Description Name Type",
    "GetGatewayAuthConsumerDetail": "ResourceList[].ConsumerId",
    "ListGatewayAuthConsumerResource": "ConsumerId",
    "ListGatewayRouteOnAuth": "DomainName DomainNameList Name RoutePredicates RoutePredicates.*",
}
DIFFERENTLY = {"GetGatewayRouteDetail": "Timeout Timeout.* Retry Retry.*", "GatewayBlackWhiteList": "Content", "GetPluginConfig": "GatewayConfigList[].ConfigLevel"}
# Fields that stay in the inventory as answered, and are found out when in use.
KEPT = {
    "GetGatewayServiceDetail": "PortTrafficPolicyList PortTrafficPolicyList[].*",
    "ListGateway": "InitConfig InitConfig.* ArmsOn AhasOn InternetSlb[].* Slb[].*",
    "ListServiceSource": "IngressOptions.* GroupList PathList",
}
# Fields whose reason the patterns below do not give.
IRRELEVANT = {
    "ListSecurityGroupRule": {"derived": "AuthCidrs AuthCidrs[]"},
    "GetGatewayConfig": {"capability": "SupportWaf"},
    "GetGatewayOption": {"repeated": "LogConfigDetails LogConfigDetails.* TraceDetails TraceDetails.*"},
    "GetPlugins": {"lifecycle": "MaxVersion NewVersionPublishingFlag", "repeated": "SummaryEn"},
    "GetPluginConfig": {
        "repeated": "Category Name Phase Priority PublishState Status Summary SummaryEn Version WasmLang GatewayConfigList[].PluginId",
        "lifecycle": "VersionJson",
    },
}
WHOLLY_KEPT = ["ListGatewaySlb"]

ENVELOPE = {"Code", "Data", "HttpStatusCode", "Message", "Success", "ErrorCode", "DynamicCode", "DynamicMessage", "RequestId",
            "Data.PageNumber", "Data.PageSize", "Data.TotalSize", "Data.Result", "Data.Results"}
BOOKKEEPING = re.compile(r"(^|\.)(GatewayId|GatewayUniqueId|GmtCreate|GmtModified|PrimaryUser|Id|InstanceId|ElasticInstanceId|GatewayType|AppVersion|LabelDetails.*|Comment.*)(\[\])?$")
HEALTH = re.compile(r"(^|\.)(HealthStatus|HealehStatus|UnhealthyEndpoints|HealthCheck|EndpointNum|EndpointNumPercent|StatusDesc)(\[\])?$")
REPEATED = re.compile(r"(^|\.)(AhasStatus|RouteName|TargetServiceName|Predicates|Services|DomainId|DomainIdList|DefaultServiceId|DefaultServiceName|Versions.*|Namespace|GroupName|SourceType|VpcId|Vswitch2|Region|ResourceGroupId|Elastic|ElasticReplica|ElasticType)(\[\])?$")


def paths(schema, at):
    if schema is None:
        return
    for name, field in (schema.get("fields") or {}).items():
        path = f"{at}.{name}" if at else name
        yield path
        yield from paths(field, path)
    if schema["type"] == "array":
        yield at + "[]"
        yield from paths(schema.get("items"), at + "[]")


def listed(table, action, path):
    for wish in table.get(action, "").split():
        pattern = re.escape(wish).replace(r"\*", ".*")
        if re.fullmatch(pattern + r"(\[\])?", path):
            return True
    return False


def classify(action, path):
    if path in ENVELOPE:
        return "irrelevant: envelope"
    inner = re.sub(r"^Data(\.Results?)?(\[\])?\.?", "", path)
    if inner == "":
        return "irrelevant: envelope"
    for table, name in ((CARRIED, "carried"), (DIFFERENTLY, "differently"), (KEPT, "kept")):
        if listed(table, action, inner):
            return name
    for reason, wishes in IRRELEVANT.get(action, {}).items():
        if listed({action: wishes}, action, inner):
            return f"irrelevant: {reason}"
    if action == "GetGatewayRouteDetail" and inner == "Policies":
        return "irrelevant: checked"
    if listed(SAID_ELSEWHERE, action, inner):
        return "irrelevant: repeated"
    if action in WHOLLY_KEPT:
        return "kept"
    for pattern, reason in ((BOOKKEEPING, "bookkeeping"), (HEALTH, "health"), (REPEATED, "repeated")):
        if pattern.search(inner):
            return f"irrelevant: {reason}"
    if action in ("ListGateway", "GetGateway"):
        return "irrelevant: lifecycle"
    if action in ("ListGatewayRoute", "ListGatewayService", "ListGatewayDomain"):
        return "irrelevant: repeated"
    return "irrelevant: display"


def main():
    with open(CONTRACT, encoding="utf-8") as handle:
        operations = json.load(handle)["operations"]
    with open(os.path.join(HERE, "../src/lib.rs"), encoding="utf-8") as handle:
        actions = re.findall(r'^    "(\w+)",$', handle.read(), re.M)
    fields = {action: {path: classify(action, path) for path in paths(operations[action]["response"], "")} for action in actions}
    out = {"version": 1, "reasons": REASONS, "fields": fields}
    with open(os.path.join(HERE, "fields.json"), "w", encoding="utf-8") as handle:
        json.dump(out, handle, indent=1, ensure_ascii=False)
        handle.write("\n")
    print(len(actions), "actions,", sum(map(len, fields.values())), "fields")


if __name__ == "__main__":
    main()
