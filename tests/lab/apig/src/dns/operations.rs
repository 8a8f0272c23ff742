//! Which operation is served by which function. Query statistics and product instances are not.

use super::{Handler, info, listing, record_write, weight};

operation_table! { Handler;
    "DescribeDomains" => info::domains,
    "DescribeDomainInfo" => info::domain,
    "DescribeDomainNs" => info::name_servers,
    "DescribeSupportLines" => info::lines,
    "GetMainDomainName" => info::main_domain,
    "DescribeRecordLogs" => info::logs,
    "DescribeDomainRecords" => listing::in_zone,
    "DescribeSubDomainRecords" => listing::of_name,
    "DescribeDomainRecordInfo" => listing::one,
    "AddDomainRecord" => record_write::add,
    "UpdateDomainRecord" => record_write::update,
    "UpdateDomainRecordRemark" => record_write::remark,
    "SetDomainRecordStatus" => record_write::set_status,
    "DeleteDomainRecord" => record_write::delete,
    "DeleteSubDomainRecords" => record_write::delete_name,
    "SetDNSSLBStatus" => weight::set_status,
    "UpdateDNSSLBWeight" => weight::update,
    "DescribeDNSSLBSubDomains" => weight::list,
}
