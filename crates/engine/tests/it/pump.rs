//! The thread that looks every so often.

use std::sync::mpsc::channel;
use std::time::Duration;

use gatecrash_engine::Pump;
use gatecrash_engine::pump::Beat;

const PATIENCE: Duration = Duration::from_secs(20);

#[test]
fn it_ticks_and_ends_with_a_last_call() {
    let (beats, heard) = channel();
    let mut pump = Pump::start(Duration::from_millis(1), move |beat| {
        beats.send(beat).expect("somebody listens");
    })
    .expect("a thread");
    for _ in 0..3 {
        assert_eq!(heard.recv_timeout(PATIENCE), Ok(Beat::Tick));
    }
    pump.stop();
    pump.stop();
    drop(pump);
    let rest: Vec<Beat> = heard.iter().collect();
    let (last, ticks) = rest.split_last().expect("a last call");
    assert_eq!(*last, Beat::Last);
    assert!(ticks.iter().all(|beat| *beat == Beat::Tick));
}

#[test]
fn the_first_tick_waits_for_its_time_and_the_last_call_does_not() {
    let (beats, heard) = channel();
    let pump = Pump::start(Duration::from_secs(3600), move |beat| {
        beats.send(beat).expect("somebody listens");
    });
    drop(pump.expect("a thread"));
    assert_eq!(heard.iter().collect::<Vec<_>>(), [Beat::Last]);
}

/// A call that takes long makes no queue of calls behind it.
#[test]
fn slow_calls_are_not_made_up_for() {
    let (beats, heard) = channel();
    let (leave, left) = channel::<()>();
    let mut pump = Pump::start(Duration::from_millis(5), move |beat| {
        beats.send(beat).expect("somebody listens");
        // The first call takes as long as many periods.
        let _ = left.recv_timeout(PATIENCE);
    })
    .expect("a thread");
    assert_eq!(heard.recv_timeout(PATIENCE), Ok(Beat::Tick));
    std::thread::sleep(Duration::from_millis(100));
    assert!(heard.try_recv().is_err(), "one call at a time");
    drop(leave);
    pump.stop();
    assert_eq!(heard.iter().last(), Some(Beat::Last));
}
