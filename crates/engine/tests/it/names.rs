//! The numbers of endpoints, and their limit.

use gatecrash_engine::Lane;
use gatecrash_engine::names::MAX_ENDPOINTS;
use gatecrash_metrics::shard::OTHER_NAMES;

use crate::support::sample;

#[test]
fn a_name_keeps_its_number() {
    let lane = Lane::start().expect("a lane");
    let names = lane.new_shard();
    let first = names.endpoint(&lane, "GET", "/");
    assert_eq!(names.endpoint(&lane, "GET", "/"), first);
    assert_ne!(names.endpoint(&lane, "POST", "/"), first);
    assert_ne!(names.endpoint(&lane, "GET", "/other"), first);
    assert_eq!(names.endpoint(&lane, "GET", "/"), first);
}

/// What is beyond the limit is counted together, whatever its method, and told.
#[test]
fn beyond_the_limit_is_the_common_name() {
    let lane = Lane::start().expect("a lane");
    let names = lane.new_shard();
    let shard = names.shard();
    for number in 0..MAX_ENDPOINTS {
        let endpoint = names.endpoint(&lane, "GET", &format!("/{number}"));
        lane.record(shard, sample(endpoint, 1.0), None);
    }
    let other = names.endpoint(&lane, "GET", "/one-too-many");
    for number in 0..100 {
        let endpoint = names.endpoint(&lane, &format!("METHOD-{number}"), "/more");
        assert_eq!(endpoint, other);
        lane.record(shard, sample(endpoint, 1.0), None);
    }
    let known = names.endpoint(&lane, "GET", "/17");
    assert_ne!(known, other);
    lane.record(shard, sample(known, 1.0), None);

    let snapshot = lane.ask(move |books| books.shard(shard).snapshot());
    assert_eq!(snapshot.endpoints.len(), MAX_ENDPOINTS + 1);
    assert_eq!(
        snapshot.find("", OTHER_NAMES).expect("the rest").requests,
        100
    );
    assert_eq!(snapshot.find("GET", "/17").expect("a name").requests, 2);
    assert_eq!(snapshot.overflow.names, 100);
    assert_eq!(snapshot.total.requests, MAX_ENDPOINTS as u64 + 101);
}
