//! Which addresses a delivery may go to. Customers choose the URLs, so none may lead into our own network.

use alloc::vec::Vec;
use core::net::{IpAddr, Ipv4Addr, Ipv6Addr};

use ipnet::{IpNet, Ipv4Net, Ipv6Net};

/// Networks that are not the public Internet. Source: IANA's special-purpose address registries.
const SPECIAL_V4: [([u8; 4], u8); 16] = [
    ([0, 0, 0, 0], 8),
    ([10, 0, 0, 0], 8),
    ([100, 64, 0, 0], 10),
    ([127, 0, 0, 0], 8),
    ([169, 254, 0, 0], 16),
    ([172, 16, 0, 0], 12),
    ([192, 0, 0, 0], 24),
    ([192, 0, 2, 0], 24),
    ([192, 88, 99, 0], 24),
    ([192, 168, 0, 0], 16),
    ([198, 18, 0, 0], 15),
    ([198, 51, 100, 0], 24),
    ([203, 0, 113, 0], 24),
    ([224, 0, 0, 0], 4),
    ([240, 0, 0, 0], 4),
    // Azure's platform address, which answers from inside only.
    ([168, 63, 129, 16], 32),
];

/// Networks in global unicast, `2000::/3`, without hosts of the public Internet: tunnels, documentation, benchmarks.
const SPECIAL_V6: [([u16; 8], u8); 5] = [
    ([0x2001, 0, 0, 0, 0, 0, 0, 0], 23),
    ([0x2001, 0x0db8, 0, 0, 0, 0, 0, 0], 32),
    ([0x2002, 0, 0, 0, 0, 0, 0, 0], 16),
    ([0x2620, 0x004f, 0x8000, 0, 0, 0, 0, 0], 48),
    ([0x3fff, 0, 0, 0, 0, 0, 0, 0], 20),
];

/// Says which addresses may be connected to: public ones, and networks that were named.
#[derive(Clone, Debug, Default)]
pub struct AddressPolicy {
    allowed: Vec<IpNet>,
}

impl AddressPolicy {
    /// Public addresses only.
    #[must_use]
    pub fn public_only() -> Self {
        Self::default()
    }

    /// Public addresses and those of `allowed`: a private network of receivers, or loopback for tests. Never take
    /// these from the people who register endpoints.
    #[must_use]
    pub const fn allowing(allowed: Vec<IpNet>) -> Self {
        Self { allowed }
    }

    /// Whether an address may be connected to.
    #[must_use]
    pub fn permits(&self, address: IpAddr) -> bool {
        let address = unwrapped(address);
        self.allowed.iter().any(|net| net.contains(&address)) || is_public(address)
    }

    /// Returns whether an address is loopback and may be connected to.
    #[must_use]
    pub fn permits_loopback(&self, address: IpAddr) -> bool {
        unwrapped(address).is_loopback() && self.permits(address)
    }
}

/// The IPv4 address inside an IPv4-mapped or NAT64 IPv6 address: packets are routed to it.
fn unwrapped(address: IpAddr) -> IpAddr {
    let IpAddr::V6(v6) = address else { return address };
    match v6.segments() {
        [0, 0, 0, 0, 0, 0xffff, high, low] | [0x64, 0xff9b, 0, 0, 0, 0, high, low] => {
            let ([a, b], [c, d]) = (high.to_be_bytes(), low.to_be_bytes());
            Ipv4Addr::new(a, b, c, d).into()
        }
        _ => address,
    }
}

fn is_public(address: IpAddr) -> bool {
    match address {
        IpAddr::V4(v4) => !SPECIAL_V4
            .iter()
            .any(|(net, length)| Ipv4Net::new(Ipv4Addr::from(*net), *length).is_ok_and(|net| net.contains(&v4))),
        IpAddr::V6(v6) => {
            let is_global = v6.segments().first().is_some_and(|first| first & 0xe000 == 0x2000);
            is_global
                && !SPECIAL_V6
                    .iter()
                    .any(|(net, length)| Ipv6Net::new(Ipv6Addr::from(*net), *length).is_ok_and(|net| net.contains(&v6)))
        }
    }
}

#[cfg(test)]
mod tests {
    use alloc::format;
    use alloc::string::ToString;

    use super::*;

    fn permits(address: &str) -> bool {
        AddressPolicy::public_only().permits(address.parse().unwrap())
    }

    #[test]
    fn each_special_network_is_refused_from_its_first_address_to_its_last() {
        for (net, length) in SPECIAL_V4 {
            let net = Ipv4Net::new(net.into(), length).unwrap();
            for address in [net.network(), net.broadcast()] {
                assert!(!permits(&address.to_string()), "{address}");
                assert!(!permits(&format!("::ffff:{address}")), "mapped {address}");
                assert!(!permits(&format!("64:ff9b::{address}")), "NAT64 {address}");
            }
        }
        for (net, length) in SPECIAL_V6 {
            let net = Ipv6Net::new(net.into(), length).unwrap();
            assert!(!permits(&net.network().to_string()) && !permits(&net.broadcast().to_string()), "{net}");
        }
    }

    #[test]
    fn their_neighbours_are_public() {
        for address in [
            "1.0.0.0",
            "9.255.255.255",
            "11.0.0.0",
            "100.63.255.255",
            "100.128.0.0",
            "126.255.255.255",
            "128.0.0.0",
            "169.253.255.255",
            "169.255.0.0",
            "172.15.255.255",
            "172.32.0.0",
            "192.0.1.0",
            "192.167.255.255",
            "192.169.0.0",
            "198.17.255.255",
            "198.20.0.0",
            "223.255.255.255",
            "168.63.129.15",
            "8.8.8.8",
            "2000::",
            "2001:200::",
            "2001:db7::",
            "2606:4700::1111",
            "2003::1",
            "3ffe::1",
            "64:ff9b::8.8.8.8",
            "::ffff:8.8.8.8",
        ] {
            assert!(permits(address), "{address}");
        }
    }

    #[test]
    fn what_is_not_global_unicast_is_refused() {
        for address in [
            "::",
            "::1",
            "::7f00:1",
            "::ffff:0:7f00:1",
            "64:ff9b:1::1",
            "100::1",
            "5f00::1",
            "fc00::1",
            "fdff::1",
            "fe80::1",
            "fec0::1",
            "ff02::1",
            "4000::1",
        ] {
            assert!(!permits(address), "{address}");
        }
    }

    #[test]
    fn what_is_allowed_is_permitted_in_every_spelling_and_nothing_else() {
        let address_policy =
            AddressPolicy::allowing(alloc::vec!["127.0.0.0/8".parse().unwrap(), "fd00::/8".parse().unwrap()]);
        for address in ["127.0.0.1", "::ffff:127.0.0.1", "64:ff9b::127.0.0.1", "fd12::1"] {
            assert!(address_policy.permits(address.parse().unwrap()), "{address}");
        }
        assert!(address_policy.permits_loopback("127.0.0.1".parse().unwrap()));
        assert!(!address_policy.permits_loopback("8.8.8.8".parse().unwrap()));
        for address in ["10.0.0.1", "::1", "fe80::1"] {
            assert!(!address_policy.permits(address.parse().unwrap()), "{address}");
        }
    }
}
