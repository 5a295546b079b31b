//! Every bound and default, once, with its unit in its name.

/// Largest body that is looked at, in bytes. Settable per receiver.
pub const MAX_BODY_BYTES: usize = 1024 * 1024;
/// Largest data of an event to send, in bytes. Below a receiver's default limit of the body, so that an envelope and
/// conversions to other versions have room.
pub const MAX_EVENT_DATA_BYTES: usize = MAX_BODY_BYTES - 16 * 1024;
/// Largest signature header that is looked at, in bytes: what common servers allow for one header line.
pub const MAX_SIGNATURE_HEADER_BYTES: usize = 8 * 1024;
/// Most signatures read from one header. Ten are plenty for any key rotation.
pub const MAX_SIGNATURES: usize = 32;
/// Most keys in one ring. Together with [`MAX_SIGNED_TEXTS`] this bounds how often a body is hashed.
pub const MAX_KEYS: usize = 16;
/// Most templates of the signed text that one scheme may try.
pub const MAX_SIGNED_TEXTS: usize = 4;
/// Most headers in one template of the signed text.
pub const MAX_SIGNED_HEADERS: usize = 4;
/// Longest literal in a template of the signed text, in bytes.
pub const MAX_SIGNED_LITERAL_BYTES: usize = 16;
/// Most candidate names or pointers in one list of a profile.
pub const MAX_CANDIDATES: usize = 16;
/// Most digits read of a timestamp: no `i64` has more.
pub const MAX_TIMESTAMP_DIGITS: usize = 19;
/// First number that unit `auto` reads as milliseconds: below are seconds (until the year 5138), from here up
/// milliseconds (from March 1973).
pub const MILLISECONDS_FROM: i64 = 100_000_000_000;
/// Default tolerance on each side of now, in seconds. Mambo's docs give no number; this one is the field's.
pub const TOLERANCE_SECONDS: u32 = 300;
/// Shortest secret that `SecretPolicy::Strong` accepts, in bytes.
pub const MIN_SECRET_BYTES: usize = 16;
/// Longest secret, in bytes.
pub const MAX_SECRET_BYTES: usize = 4096;
/// Longest key id, in bytes.
pub const MAX_KEY_ID_BYTES: usize = 64;
/// Most hashes of a body, or a variation of it, in one diagnosis.
pub const MAX_DIAGNOSIS_HASHES: usize = 512;
/// Largest body over a receiver's limit that a diagnosis still looks at, in bytes.
pub const MAX_DIAGNOSED_BYTES: usize = 16 * 1024 * 1024;
/// Most bytes that one detection hashes.
pub const MAX_DETECTION_BYTES: usize = 256 * 1024 * 1024;
/// Most places of models in the data of one event type.
pub const MAX_PLACES: usize = 1024;
/// How many levels deep a model within itself is followed, such as an answer to an answer.
pub const MAX_TREE_LEVELS: usize = 8;
/// Most ops in one registry.
pub const MAX_REGISTRY_OPS: usize = 4096;
/// Most ops at all places of all events together: a `Shims` holds all of them twice, once for each direction.
pub const MAX_PLACED_OPS: usize = 65_536;
/// Most levels by which the changes can nest the data of one event type: opened values are printed by recursion.
pub const MAX_LEVELS: usize = 2048;
/// Most segments in one JSON pointer: bounds recursion wherever a pointer leads.
pub const MAX_POINTER_SEGMENTS: usize = 64;
/// How many levels deep the shape of a payload goes: what is deeper is not looked at.
pub const MAX_SHAPE_LEVELS: usize = 32;
/// Most names of members that one object of a shape lists. With more, the names are taken for data and none is kept.
pub const MAX_SHAPE_MEMBERS: usize = 128;
/// Most places in one shape; with more, the deepest levels are left out.
pub const MAX_SHAPE_PLACES: usize = 2048;
/// Longest name of a member that a shape lists, and longest event type and version that a watch lists, in bytes.
pub const MAX_SHAPE_NAME_BYTES: usize = 128;
/// Most differences that one comparison of shapes lists.
pub const MAX_DRIFTS: usize = 64;
/// Fewest earlier objects that all had a member before its absence is a drift.
pub const MIN_OBJECTS_FOR_MISSING: u32 = 20;
/// Most pairs of event type and version that one watch learns.
pub const MAX_WATCHED_VERSIONS: usize = 256;
/// Most places in all shapes of one watch together.
pub const MAX_WATCHED_PLACES: usize = 16_384;
/// Most pairs of event type and version that types are made for at once.
pub const MAX_TYPED_PAYLOADS: usize = 4096;
/// Most places in all types that are made at once.
pub const MAX_TYPED_PLACES: usize = 65_536;
/// Longest name of a type or a field that is made of a name in a payload, in bytes.
pub const MAX_TYPE_NAME_BYTES: usize = 64;
/// Most pairs of samples from which one change is inferred.
pub const MAX_SAMPLE_PAIRS: usize = 256;
/// Most bytes of all samples together.
pub const MAX_SAMPLE_BYTES: usize = 1024 * 1024;
/// Most levels of a sample. An op can put a value deeper, so it is below the most segments of a pointer.
pub const MAX_SAMPLE_LEVELS: usize = 32;
/// Most ops in one inferred change.
pub const MAX_INFERRED_OPS: usize = 32;
/// Most doubts that are listed of one inferred change.
pub const MAX_INFER_DOUBTS: usize = 100;
/// Most bytes of samples on which one search for ops carries them out. A search that reaches it ends with what it found.
pub const MAX_INFER_WORK_BYTES: usize = 256 * 1024 * 1024;
