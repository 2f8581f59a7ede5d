//! The methods of early warning against what R's `surveillance` 1.20.3 computes of the same
//! counts, and by hand.

use facts::watch::cusum::Cusum;
use facts::watch::ears::{Ears, Kind};
use facts::watch::farrington::Farrington;
use facts::watch::scan::{Draw, Ground, Scan, ratio};
use facts::watch::zones::{Spot, zones};
use facts::watch::{Method, Point, Verdict};

/// Eight years of simulated weeks, with a trend, a season and an outbreak in the weeks from 380 on.
const WEEKLY: [u16; 416] = [
    7, 13, 2, 7, 12, 3, 3, 9, 12, 7, 18, 8, 3, 5, 7, 5, 9, 3, 11, 12, 2, 8, 3, 3, 5, 5, 0, 6, 2, 5,
    5, 3, 2, 4, 7, 4, 2, 4, 0, 3, 8, 5, 2, 4, 3, 3, 8, 4, 2, 5, 7, 3, 7, 6, 3, 3, 8, 5, 6, 7, 7,
    19, 9, 0, 5, 9, 6, 8, 2, 4, 11, 8, 6, 2, 8, 6, 2, 5, 2, 2, 4, 3, 6, 2, 5, 9, 3, 6, 4, 6, 4, 0,
    5, 4, 3, 7, 1, 5, 5, 1, 0, 1, 0, 9, 3, 5, 2, 4, 18, 3, 8, 10, 13, 5, 9, 14, 5, 6, 3, 3, 3, 3,
    4, 11, 4, 7, 3, 2, 2, 4, 2, 2, 0, 6, 6, 1, 5, 1, 13, 7, 2, 5, 2, 5, 1, 5, 4, 4, 2, 3, 2, 4, 5,
    2, 2, 9, 1, 8, 11, 5, 15, 6, 6, 15, 20, 22, 13, 9, 21, 9, 14, 7, 11, 14, 2, 10, 10, 1, 14, 9,
    13, 3, 2, 1, 1, 6, 3, 2, 0, 1, 5, 3, 9, 2, 0, 3, 1, 11, 6, 8, 0, 6, 3, 6, 0, 2, 5, 7, 7, 3, 8,
    5, 6, 4, 15, 21, 7, 11, 10, 4, 2, 9, 11, 11, 6, 5, 14, 10, 10, 8, 5, 16, 6, 8, 4, 4, 0, 3, 7,
    6, 4, 0, 4, 3, 3, 4, 1, 4, 5, 8, 2, 2, 5, 0, 1, 3, 2, 2, 5, 10, 4, 10, 2, 1, 17, 8, 9, 10, 6,
    4, 12, 9, 3, 9, 4, 8, 10, 4, 0, 6, 15, 10, 2, 1, 6, 9, 4, 11, 2, 3, 5, 8, 5, 3, 9, 3, 5, 3, 1,
    1, 4, 4, 0, 7, 3, 5, 2, 2, 7, 6, 8, 2, 6, 4, 12, 5, 1, 13, 7, 11, 14, 5, 11, 11, 10, 18, 12,
    12, 2, 3, 3, 12, 1, 5, 5, 13, 6, 8, 5, 2, 2, 5, 2, 16, 1, 6, 5, 7, 4, 8, 1, 3, 1, 4, 6, 0, 4,
    6, 5, 5, 9, 15, 7, 3, 11, 2, 11, 15, 2, 4, 12, 1, 26, 4, 13, 28, 11, 8, 4, 13, 21, 29, 14, 16,
    15, 8, 7, 20, 10, 6, 0, 11, 3, 3, 2, 1, 6, 7, 1, 3, 4, 6, 1, 5, 7, 4, 3, 9, 4, 1, 5, 4, 11, 6,
    6, 9,
];

/// Limits of `earsC`, method C1, of the weeks from 370 on.
const C1: [f64; 20] = [
    23.3146875676557,
    23.3475763786003,
    24.6332906643146,
    24.5302442144166,
    37.4017057225822,
    37.2638902750662,
    36.4063845660512,
    45.9429397635744,
    45.0279667641229,
    45.1146361688404,
    43.9086206782567,
    36.8570796904338,
    38.9780503535425,
    46.6536629377112,
    40.1228584745516,
    40.4827084120519,
    39.6693774335156,
    37.290365971262,
    39.0937047452279,
    38.617818335911,
];

/// Of C2.
const C2: [f64; 20] = [
    22.638314307107,
    25.5364906375073,
    23.3146875676557,
    23.3475763786003,
    24.6332906643146,
    24.5302442144166,
    37.4017057225822,
    37.2638902750662,
    36.4063845660512,
    45.9429397635744,
    45.0279667641229,
    45.1146361688404,
    43.9086206782567,
    36.8570796904338,
    38.9780503535425,
    46.6536629377112,
    40.1228584745516,
    40.4827084120519,
    39.6693774335156,
    37.290365971262,
];

/// Of `cusum` with `trans = "rossi"`.
const ROSSI: [f64; 20] = [
    14.8098535934583,
    14.8098535934583,
    11.0786866935423,
    14.8098535934583,
    0.836509845091168,
    4.19355969423251,
    1.0973955402793,
    0.0,
    0.0,
    0.0,
    0.0,
    0.0,
    0.0,
    0.0,
    0.0,
    0.0,
    0.0,
    0.0,
    0.0,
    0.0,
];

/// Of `farringtonFlexible` with 10 periods, 26 past weeks left out and `nbPlugin`.
const FARRINGTON: [f64; 20] = [
    23.0, 24.0, 25.0, 25.0, 25.0, 25.0, 24.0, 23.0, 23.0, 21.0, 19.0, 20.0, 19.0, 19.0, 18.0, 18.0,
    18.0, 18.0, 18.0, 17.0,
];

/// What it expects.
const FARRINGTON_EXPECTED: [f64; 20] = [
    9.45960578648592,
    9.71094046623233,
    10.6295722234769,
    10.590128559449,
    10.6687898087907,
    10.940720090533,
    10.1906879918937,
    9.78422825988777,
    9.08604617785134,
    8.22627203218844,
    7.34652514047333,
    7.81006577378194,
    7.47078942128283,
    6.86960753910938,
    6.41106512735769,
    6.59360823853315,
    6.71168595709933,
    6.9454243735352,
    6.20194231524636,
    5.75174360616692,
];

fn weekly() -> Vec<Point> {
    WEEKLY.iter().map(|count| Point::whole(f64::from(*count))).collect()
}

fn verdicts(method: Method, series: &[Point], from: usize, count: usize) -> Vec<Verdict> {
    method.judge(series, from).into_iter().take(count).map(Option::unwrap).collect()
}

fn same(found: impl Iterator<Item = f64>, expected: &[f64]) {
    for (at, (found, expected)) in found.zip(expected).enumerate() {
        assert!((found - expected).abs() < 1e-9 * expected.max(1.0), "{at}: {found} {expected}");
    }
}

#[test]
fn ears_gives_the_limits_of_surveillance() {
    for (kind, expected) in [(Kind::C1, &C1), (Kind::C2, &C2)] {
        let ears = Ears { sigma_min: 0.0, ..Ears::new(kind) };
        let found = verdicts(Method::Ears(ears), &weekly(), 369, 20);
        same(found.iter().map(|verdict| verdict.threshold), expected);
        let alarms: Vec<usize> = (0..20).filter(|at| found[*at].alarm).collect();
        assert_eq!(alarms, [3]);
    }
}

#[test]
fn cusum_gives_the_limits_of_surveillance() {
    let cusum = Cusum { baseline: 369, reset: false, ..Cusum::default() };
    let found = verdicts(Method::Cusum(cusum), &weekly(), 369, 20);
    same(found.iter().map(|verdict| verdict.threshold), &ROSSI);
    assert!(found.iter().enumerate().all(|(at, verdict)| verdict.alarm == (at >= 3)));
    // Begun anew after each alarm, it comes to rest.
    let anew = verdicts(Method::Cusum(Cusum { reset: true, ..cusum }), &weekly(), 369, 20);
    assert!(anew.iter().any(|verdict| !verdict.alarm) && anew[3].alarm);
}

#[test]
fn farrington_gives_the_limits_of_surveillance() {
    let found = verdicts(Method::Farrington(Farrington::new(52)), &weekly(), 369, 20);
    same(found.iter().map(|verdict| verdict.threshold), &FARRINGTON);
    same(found.iter().map(|verdict| verdict.expected), &FARRINGTON_EXPECTED);
    let alarms: Vec<usize> = (0..20).filter(|at| found[*at].alarm).collect();
    assert_eq!(alarms, [3, 6, 11, 12, 18]);
}

#[test]
fn c3_remembers_what_two_periods_exceeded_by() {
    // Of three 2, three 6 and one 4 the mean is 4 and the variance too: 10 is three off.
    let counts = [2.0, 6.0, 2.0, 6.0, 2.0, 6.0, 4.0, 2.0, 6.0, 2.0, 10.0, 4.0];
    let series: Vec<Point> = counts.into_iter().map(Point::whole).collect();
    let c3 = Ears::new(Kind::C3);
    let found = verdicts(Method::Ears(c3), &series, 11, 1)[0];
    let c2 = Ears { alpha: c3.alpha, ..Ears::new(Kind::C2) };
    let plain = verdicts(Method::Ears(c2), &series, 10, 2);
    // The 10 stood this many standard deviations above one.
    let above = plain[0].score - 1.0;
    assert!((plain[0].expected - 4.0).abs() < 1e-12 && (above - 2.0).abs() < 1e-12, "{plain:?}");
    let sigma = (plain[1].threshold - plain[1].expected) / 1.959_963_984_540_054;
    assert!((found.threshold - (plain[1].threshold - above * sigma).max(0.0)).abs() < 1e-9);
    assert!(found.alarm && !plain[1].alarm);
}

#[test]
fn what_was_not_received_is_no_zero() {
    let mut series = weekly();
    for method in [
        Method::Ears(Ears::new(Kind::C1)),
        Method::Cusum(Cusum::default()),
        Method::Farrington(Farrington::new(52)),
    ] {
        let whole = verdicts(method, &series, 400, 1)[0];
        series[400].share = 0.5;
        let half = verdicts(method, &series, 400, 1)[0];
        assert!((half.expected - whole.expected / 2.0).abs() < 1e-9, "{method:?}");
        assert!(half.threshold < whole.threshold);
        series[400].share = 0.0;
        assert_eq!(method.judge(&series, 400)[0], None);
        series[400].share = 1.0;
        // Weeks of the baseline that weren't received lower nothing.
        for point in &mut series[395..398] {
            *point = Point { count: 0.0, share: 0.0 };
        }
        let holes = method.judge(&series, 400)[0].unwrap();
        assert!(holes.expected > whole.expected / 2.0, "{method:?} {holes:?}");
        series = weekly();
    }
}

#[test]
fn too_little_history_is_not_judged() {
    let short = &weekly()[..60];
    for method in [Method::Ears(Ears::new(Kind::C3)), Method::Farrington(Farrington::new(52))] {
        assert_eq!(method.judge(short, 5)[0], None);
    }
    let silent = vec![Point::whole(0.0); 400];
    assert_eq!(Method::Cusum(Cusum::default()).judge(&silent, 390)[0], None);
    assert_eq!(Method::Farrington(Farrington::new(52)).judge(&silent, 390)[0], None);
}

#[test]
fn equal_counts_before_make_no_alarm_of_one_more() {
    let mut series = vec![Point::whole(3.0); 8];
    series[7] = Point::whole(4.0);
    let judge = |sigma_min| {
        let ears = Ears { sigma_min, ..Ears::new(Kind::C1) };
        verdicts(Method::Ears(ears), &series, 7, 1)[0].alarm
    };
    assert!(judge(0.0) && !judge(0.5));
}

/// A multiplicative generator: enough to scatter a few counts the same way each time.
struct Lehmer(u64);

impl Draw for Lehmer {
    fn unit(&mut self) -> f64 {
        self.0 = self.0 * 48_271 % 2_147_483_647;
        f64::from(u32::try_from(self.0).unwrap()) / 2_147_483_647.0
    }
}

fn square() -> Vec<Spot> {
    let at = |index: u32| {
        let seat = Some((f64::from(index / 4), 110.0 + f64::from(index % 4)));
        Spot { seat, above: vec![1, 10 + index / 8] }
    };
    (0..16).map(at).collect()
}

#[test]
fn a_ratio_is_that_of_the_paper() {
    // 10 of 20 where 5 were expected: 10 ln 2 + 10 ln (10 / 15).
    let expected = 10.0 * 2.0_f64.ln() + 10.0 * (10.0_f64 / 15.0).ln();
    assert!((ratio(10.0, 5.0, 20.0) - expected).abs() < 1e-12);
    assert_eq!(ratio(5.0, 5.0, 20.0), 0.0);
    assert_eq!(ratio(0.0, 1.0, 20.0), 0.0);
    assert!((ratio(20.0, 5.0, 20.0) - 20.0 * 4.0_f64.ln()).abs() < 1e-12);
}

#[test]
fn a_cluster_is_found_where_and_since_when_it_is() {
    let mut counts = vec![vec![2; 6]; 16];
    for office in [5, 6] {
        counts[office][4..].fill(9);
    }
    let ground = Ground { counts, expected: vec![vec![1.0; 6]; 16] };
    let scan = Scan { replicas: 99, clusters_max: 3, alpha: 0.05 };
    let zones = zones(&square(), 8);
    let found = scan.clusters(&ground, &zones, &mut Lehmer(7));
    assert_eq!(found.len(), 1, "{found:?}");
    assert_eq!((&found[0].members[..], found[0].periods, found[0].counted), (&[5, 6][..], 2, 36));
    assert!((found[0].p - 0.01).abs() < 1e-12);
    assert_eq!(found, scan.clusters(&ground, &zones, &mut Lehmer(7)));
}

#[test]
fn a_rise_everywhere_and_an_expected_one_are_no_clusters() {
    let scan = Scan { replicas: 99, clusters_max: 3, alpha: 0.05 };
    let zones = zones(&square(), 8);
    let even = Ground { counts: vec![vec![9; 6]; 16], expected: vec![vec![1.0; 6]; 16] };
    assert!(scan.clusters(&even, &zones, &mut Lehmer(7)).is_empty());
    let mut known = even.clone();
    known.counts[5] = vec![36; 6];
    assert!(!scan.clusters(&known, &zones, &mut Lehmer(7)).is_empty());
    known.expected[5] = vec![4.0; 6];
    assert!(scan.clusters(&known, &zones, &mut Lehmer(7)).is_empty());
    let nothing = Ground { counts: vec![vec![0; 6]; 16], ..even };
    assert!(scan.clusters(&nothing, &zones, &mut Lehmer(7)).is_empty());
}
