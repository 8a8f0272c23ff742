#!/usr/bin/env python3
"""Make a gateway on the target account with Alibaba Cloud's own clients, and wait until it runs.

    python3 prepare.py ENDPOINTS.json

ENDPOINTS.json is what `gateshift lab up` prints. The network comes from the VPC and ECS clients,
so that those are driven as well. The gateway's id is printed.
"""
import json
import sys
import time

from alibabacloud_apig20240327 import models as apig
from alibabacloud_apig20240327.client import Client as ApigClient
from alibabacloud_ecs20140526 import models as ecs
from alibabacloud_ecs20140526.client import Client as EcsClient
from alibabacloud_tea_openapi.utils_models import Config
from alibabacloud_vpc20160428 import models as vpc
from alibabacloud_vpc20160428.client import Client as VpcClient

PATIENCE = 60  # seconds of wall time


def client(kind, lab, product):
    scheme, _, host = lab["endpoints"][f"aliyun/{product}"].partition("://")
    return kind(Config(access_key_id=lab["access_key_id"], access_key_secret=lab["access_key_secret"],
                       endpoint=host, protocol=scheme.upper(), region_id=lab["region"]))


def network(lab):
    """(VPC, vSwitches by zone) of the account; its security groups are read too."""
    reader, region = client(VpcClient, lab, "vpc"), lab["region"]
    vpcs = reader.describe_vpcs(vpc.DescribeVpcsRequest(region_id=region, page_size=50)).body
    first = vpcs.vpcs.vpc[0].vpc_id
    switches = reader.describe_vswitches(vpc.DescribeVSwitchesRequest(
        region_id=region, vpc_id=first, page_size=50)).body.v_switches.v_switch
    zones = {}
    for switch in switches:
        zones.setdefault(switch.zone_id, switch.v_switch_id)
    groups = client(EcsClient, lab, "ecs").describe_security_groups(ecs.DescribeSecurityGroupsRequest(
        region_id=region, vpc_id=first)).body.security_groups.security_group
    print(f"vpc {first}, {len(switches)} vSwitches in {len(zones)} zones, {len(groups)} security groups", file=sys.stderr)
    return first, zones


def main():
    with open(sys.argv[1], encoding="utf-8") as handle:
        lab = json.load(handle)
    vpc_id, zones = network(lab)
    target = client(ApigClient, lab, "apig")
    made = target.create_gateway(apig.CreateGatewayRequest(
        name="official", spec="apigw.small.x1", gateway_type="API", charge_type="POSTPAY", vpc_id=vpc_id,
        network_access_config=apig.CreateGatewayRequestNetworkAccessConfig(type="Internet"),
        zone_config=apig.CreateGatewayRequestZoneConfig(select_option="Manual", zones=[
            apig.CreateGatewayRequestZoneConfigZones(zone_id=zone, v_switch_id=switch)
            for zone, switch in list(zones.items())[:2]])))
    gateway, end = made.body.data.gateway_id, time.monotonic() + PATIENCE
    while target.get_gateway(gateway).body.data.status != "Running":
        if time.monotonic() > end:
            sys.exit(f"gateway {gateway} does not run after {PATIENCE} s")
        time.sleep(0.2)
    print(gateway)


if __name__ == "__main__":
    main()
