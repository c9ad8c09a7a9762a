mod at_work;

use super::*;

#[test]
fn each_computer_wakes_at_a_second_of_its_own() {
    let ids = ["4c6f1b", "4c6f1c", "a-laptop", "b-laptop"];
    let all: std::collections::HashSet<Duration> = ids.map(spread_of).into_iter().collect();
    assert_eq!(all.len(), ids.len());
    assert!(all.iter().all(|spread| spread.as_secs() < 45 && spread.subsec_nanos() == 0));
}

#[test]
fn plans_that_are_always_due_take_turns() {
    let due = || ["a", "b", "c"].map(|plan| (plan.to_string(), Why::NeverRan)).to_vec();
    let mut turns = HashMap::new();
    let mut order = String::new();
    for turn in 1..=7 {
        let (plan, _) = whose_turn(due(), &turns).expect("one is due");
        order.push_str(&plan);
        turns.insert(plan, turn);
    }
    assert_eq!(order, "abcabca");
    assert_eq!(whose_turn(Vec::new(), &turns), None);
}
