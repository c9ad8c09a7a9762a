//! Why something is not done, for whoever asked.

use keepsake_api::{Outcome, Refusal, RefusalKind, Reply, Said};

/// Why not. Boxed, as it is rare.
pub(crate) type Refused = Box<Refusal>;

/// A refusal that its sentence explains.
pub(crate) fn refused(kind: RefusalKind, said: Said) -> Refused {
    Box::new(Refusal { kind, said, detail: None })
}

/// The question is wrong; `detail` says how, to the one who writes front ends.
pub(crate) fn bad_request(detail: String) -> Refused {
    with_detail(RefusalKind::BadRequest, "refused-bad-request", detail)
}

/// A refusal with what the system said.
pub(crate) fn with_detail(kind: RefusalKind, id: &str, detail: String) -> Refused {
    Box::new(Refusal { kind, said: Said::new(id), detail: Some(detail) })
}

/// Who asks may not.
pub(crate) fn not_allowed() -> Refused {
    refused(RefusalKind::NotAllowed, Said::new("refused-not-allowed"))
}

/// The reply that says so.
pub(crate) fn reply(id: u64, refusal: Refusal) -> Reply {
    Reply { id, outcome: Outcome::Refused(refusal) }
}
