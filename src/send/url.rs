//! Which URLs an endpoint may have.

use core::net::IpAddr;

use url::Url;

use super::address::AddressPolicy;
use super::error::SendError;

/// The host as an address, if the URL names it by one, in any spelling.
pub(crate) fn literal(url: &Url) -> Option<IpAddr> {
    url.host_str()?.trim_matches(['[', ']']).parse().ok()
}

/// Parses a URL and checks everything that needs no name resolution.
///
/// # Errors
/// `url_malformed`, `url_not_https`, `url_user_info`, `url_fragment`, `address_refused`.
pub(crate) fn checked(text: &str, address_policy: &AddressPolicy) -> Result<Url, SendError> {
    let url = Url::parse(text).map_err(|_| SendError::UrlMalformed)?;
    if !url.username().is_empty() || url.password().is_some() {
        return Err(SendError::UrlUserInfo);
    }
    if url.fragment().is_some() {
        return Err(SendError::UrlFragment);
    }
    let literal = literal(&url);
    match url.scheme() {
        "https" => {}
        "http" if literal.is_some_and(|address| address_policy.permits_loopback(address)) => {}
        _ => return Err(SendError::UrlNotHttps),
    }
    // A host name is checked by its addresses: when the endpoint is added, and again for every connection.
    if literal.is_some_and(|address| !address_policy.permits(address)) {
        return Err(SendError::AddressRefused);
    }
    Ok(url)
}
