use keepsake_core::{backup::*, catalog::Catalog, clock::SystemClock, monitor::Silent};
fn main() {
    let a: Vec<String> = std::env::args().collect();
    let t = std::time::Instant::now();
    let request = BackupRequest {
        plan: "family".into(),
        computer: computer(),
        sources: vec![FolderSource {
            name: "home".into(),
            path: a[1].clone().into(),
            exclude: vec![],
            one_file_system: true,
            exclude_caches: true,
        }],
        backup_dir: format!("{}/store", a[2]).into(),
        data_dir: format!("{}/data", a[2]).into(),
        compression: a.get(3).map_or(1, |l| l.parse().unwrap()),
        max_archive_bytes: 4_000_000_000,
        full: false,
    };
    let catalog = Catalog::open(&request.data_dir).unwrap();
    let r = backup(&catalog, &request, &SystemClock, &Silent).unwrap();
    drop(catalog);
    println!(
        "{:?} new {} files {} bytes, stored {}, problems {:?} in {:?}",
        r.outcome,
        r.new_files,
        r.new_bytes,
        r.stored_bytes,
        r.problems,
        t.elapsed()
    );
}
