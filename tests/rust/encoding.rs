//! The text forms of secrets: one spelling of the same bytes in each alphabet, and nothing that only looks like it.
use mambo_webhooks::key::Encoding;

#[test]
fn base64_is_read_in_both_alphabets_padded_or_not() {
    let bytes = |text: &str| -> Option<Vec<u8>> { Encoding::Base64.decode(text).map(|bytes| bytes.to_vec()) };
    for text in ["-_8AAQ==", "+/8AAQ==", "-_8AAQ", "+/8AAQ", "+_8AAQ"] {
        assert_eq!(bytes(text).unwrap(), [0xFB, 0xFF, 0, 1], "{text}");
    }
    assert_eq!(bytes("AAEC").unwrap(), [0, 1, 2], "nothing to pad");
    assert_eq!(bytes("").unwrap(), b"", "emptiness is the key's to refuse");
}

#[test]
fn what_is_no_base64_is_refused() {
    let wrong = [
        ("AAAAA", "five letters are no bytes"),
        ("AQ=", "half of the padding"),
        ("AQ===", "too much of it"),
        ("A===", "one letter is no byte"),
        ("AR==", "bits beyond the last byte"),
        ("AR", "bits beyond the last byte"),
        ("AQ==AQ==", "padding inside"),
        ("AA EC", "a blank"),
        ("AAEC\n", "a line end"),
        ("AAEÇ", "a letter beyond ASCII"),
    ];
    for (text, why) in wrong {
        assert!(Encoding::Base64.decode(text).is_none(), "{why}: {text}");
    }
}

#[test]
fn hex_is_read_in_either_case_and_whole_bytes_only() {
    assert_eq!(Encoding::Hex.decode("00fFAb").unwrap().as_slice(), [0, 0xFF, 0xAB]);
    for text in ["0", "0g", "0x00", " 00", "00 "] {
        assert!(Encoding::Hex.decode(text).is_none(), "{text}");
    }
}
