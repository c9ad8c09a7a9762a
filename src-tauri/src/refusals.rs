//! What the window's program itself refuses. The sentences stand in `ui/sentences/*/window.ftl`.

use keepsake_api::wire::WireError;
use keepsake_api::{Refusal, RefusalKind, Said};

/// A refusal with what the program said, for the one who helps.
pub fn refusal(kind: RefusalKind, sentence: &str, detail: impl ToString) -> Refusal {
    Refusal { kind, said: Said::new(sentence), detail: Some(detail.to_string()) }
}

/// The page's program asked something that cannot be asked: its own defect.
pub fn bad_request(detail: impl ToString) -> Refusal {
    refusal(RefusalKind::BadRequest, "window-bad-request", detail)
}

/// Why a question had no answer. When the connection broke, nobody knows whether it was still done.
pub fn unanswered(error: WireError) -> Refusal {
    match error {
        WireError::Refused(refusal) => *refusal,
        WireError::NotThere { .. } => refusal(RefusalKind::Failed, "window-agent-gone", error),
        WireError::Broken { .. } | WireError::NoMessage { .. } => {
            refusal(RefusalKind::Failed, "window-agent-no-answer", error)
        }
    }
}

#[cfg(test)]
mod tests {
    use std::path::Path;

    #[test]
    fn every_sentence_exists_in_each_language() {
        let here = Path::new(env!("CARGO_MANIFEST_DIR"));
        let mut used = Vec::new();
        for file in std::fs::read_dir(here.join("src")).unwrap() {
            let code = std::fs::read_to_string(file.unwrap().path()).unwrap();
            let quoted = code.split('"').filter(|text| text.starts_with("window-"));
            used.extend(
                quoted.filter(|text| text[7..].bytes().all(|b| b.is_ascii_lowercase() || b == b'-')).map(String::from),
            );
        }
        used.retain(|name| name.len() > "window-".len());
        used.sort();
        used.dedup();
        assert!(used.len() > 5, "{used:?}");
        for language in ["en", "de"] {
            let path = here.join("../ui/sentences").join(language).join("window.ftl");
            let sentences = std::fs::read_to_string(path).unwrap();
            for name in &used {
                let with_advice = format!("{name} = ");
                assert!(sentences.lines().any(|line| line.starts_with(&with_advice)), "{language}: {name}");
            }
            assert_eq!(
                sentences.matches(" = ").count(),
                2 * used.len(),
                "{language}: sentence and advice for {used:?}"
            );
        }
    }
}
