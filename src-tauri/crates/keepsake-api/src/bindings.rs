//! The window's TypeScript is what these types are. `KEEPSAKE_BINDINGS=write cargo test -p keepsake-api` writes it.

use std::path::Path;

use ts_rs::{Config, TS};

use crate::*;

fn all() -> String {
    let config = Config::default();
    let mut text = String::from(
        "// Made from the types of keepsake-api. Do not change it by hand:\n\
         // KEEPSAKE_BINDINGS=write cargo test -p keepsake-api\n",
    );
    macro_rules! types {
        ($($one:ty),* $(,)?) => {$(
            text.push('\n');
            if let Some(docs) = <$one as TS>::docs() {
                text.push_str(&docs);
            }
            text.push_str("export ");
            text.push_str(&<$one as TS>::decl(&config));
            text.push('\n');
        )*};
    }
    types!(
        Said,
        SaidArg,
        Request,
        PauseUntil,
        Answer,
        Refusal,
        RefusalKind,
        Event,
        Status,
        State,
        Waits,
        Reason,
        Action,
        PlanStatus,
        JobKind,
        JobPhase,
        JobProgress,
        JobOutcome,
        JobEnd,
        Problem,
        Home,
        Counts,
        SourceCard,
        PlaceCard,
        BackupSummary,
        History,
        BackupPage,
        SourceInBackup,
        Keeps,
        ChangeKind,
        Changes,
        ChangedFile,
        Listing,
        ItemKind,
        Item,
        Found,
        FileVersion,
        Thumbnail,
        RestoreAsk,
        RestoreTarget,
        Amount,
        RestorePreview,
        UndoEntry,
        ActivityKind,
        ActivityFilter,
        ActivityEntry,
        SettingsView,
        PlanView,
        Times,
        Keep,
        SourceView,
        PlaceView,
        SettingsChange,
        NewSource,
        WrongChange,
        ChangedSettings,
        FolderRole,
        SourceSuggestion,
        FolderSize,
        PlaceSuggestion,
        DriveColor,
        Drives,
        DriveCard,
        IgnoredDrive,
        PluggedIn,
        PluggedState,
        SheetState,
        RecoverySheet,
        EnteredKey,
        WordTypo,
        OpenedDrive,
        PathText,
    );
    text
}

#[test]
fn the_windows_types_are_these() {
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../../ui/src/backend/api.ts");
    let wanted = all();
    if std::env::var_os("KEEPSAKE_BINDINGS").is_some() {
        std::fs::write(&path, &wanted).expect("the ui is there");
    }
    let found = std::fs::read_to_string(&path).unwrap_or_default();
    assert!(found == wanted, "{} is out of date: KEEPSAKE_BINDINGS=write cargo test -p keepsake-api", path.display());
}
