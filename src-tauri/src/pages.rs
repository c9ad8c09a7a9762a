//! Which page somebody wants to see: of the window's start, or of a second start while it is open.

use std::sync::{Mutex, PoisonError};

type Tell = Box<dyn Fn(String) -> bool + Send>;

/// Passes on which page is wanted.
#[derive(Default)]
pub struct Pages {
    state: Mutex<State>,
}

#[derive(Default)]
struct State {
    first: Option<String>,
    tell: Option<Tell>,
}

impl Pages {
    /// The page to begin with; None for Home.
    pub fn beginning_with(first: Option<String>) -> Self {
        Self { state: Mutex::new(State { first, tell: None }) }
    }

    /// The page to begin with, asked for once: a page that is loaded again begins with Home.
    pub fn first(&self) -> Option<String> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner).first.take()
    }

    /// From now on `tell` hears which page is wanted. It answers false when nobody listens there.
    pub fn listen(&self, tell: impl Fn(String) -> bool + Send + 'static) {
        self.state.lock().unwrap_or_else(PoisonError::into_inner).tell = Some(Box::new(tell));
    }

    /// Somebody wants to see this page. Before anybody listens it becomes the one to begin with.
    pub fn want(&self, page: String) {
        let mut state = self.state.lock().unwrap_or_else(PoisonError::into_inner);
        if !state.tell.as_ref().is_some_and(|tell| tell(page.clone())) {
            state.first = Some(page);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::sync::mpsc;

    #[test]
    fn a_page_that_is_wanted_is_told_or_kept() {
        let pages = Pages::beginning_with(Some("history".into()));
        pages.want("restore".into());
        assert_eq!(pages.first().as_deref(), Some("restore"));
        assert_eq!(pages.first(), None);
        let (tell, told) = mpsc::channel();
        pages.listen(move |page| tell.send(page).is_ok());
        pages.want("settings".into());
        assert_eq!(told.recv().unwrap(), "settings");
        assert_eq!(pages.first(), None);
        drop(told);
        pages.want("home".into());
        assert_eq!(pages.first().as_deref(), Some("home"));
    }
}
