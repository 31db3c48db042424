use super::*;

#[test]
fn a_geometry_goes_round_in_each_system_to_a_centimetre() {
    let ring = json!([[118.79, 24.89], [118.8, 24.89], [118.8, 24.9], [118.79, 24.9], [118.79, 24.89]]);
    for geometry_in in [
        json!({ "type": "Point", "coordinates": [118.79, 24.89, 12.5] }),
        json!({ "type": "Polygon", "coordinates": [ring] }),
        json!({ "type": "MultiPolygon", "coordinates": [[ring]] }),
    ] {
        for coord in [Coord::Gcj02, Coord::Wgs84, Coord::Bd09] {
            let shape = geometry(Some(&geometry_in), coord).unwrap();
            let again = geometry(Some(&written(&shape, coord)), coord).unwrap();
            assert!(shape.is_same(&again), "{coord:?}");
            let first = shape.points().next().unwrap();
            let far = crate::platform::walking::metres(first, LngLat { lng: 118.79, lat: 24.89 });
            assert_eq!(far < 0.01, coord == Coord::Wgs84, "{coord:?}: {far}");
        }
    }
}

fn polygon(rings: &[&[(f64, f64)]]) -> Value {
    let ring = |ring: &&[(f64, f64)]| -> Value {
        ring.iter().chain(ring.first()).map(|(x, y)| json!([118.7033 + x, 24.8509 + y])).collect()
    };
    rings.iter().map(ring).collect()
}

#[test]
fn rings_that_touch_are_taken_in_each_system_and_rings_that_cross_in_none() {
    // Of 800 m as a community has it, of 80 m and of 8 km.
    for side in [0.008, 0.0008, 0.08] {
        let at = |x: f64, y: f64| (x * side, y * side);
        let outer = [at(0.0, 0.0), at(1.0, 0.0), at(1.0, 1.0), at(0.0, 1.0)];
        let in_a_point = [at(0.0, 0.5), at(0.25, 0.375), at(0.25, 0.625)];
        let along_an_edge = [at(0.0, 0.3), at(0.3, 0.3), at(0.3, 0.7), at(0.0, 0.7)];
        let with_all_corners = [at(0.5, 0.0), at(1.0, 0.5), at(0.5, 1.0), at(0.0, 0.5)];
        let next_door = [at(1.0, 0.2), at(1.5, 0.2), at(1.5, 0.7), at(1.0, 0.7)];
        let bow = [at(0.0, 0.0), at(1.0, 1.0), at(1.0, 0.0), at(0.0, 1.0)];
        let through_the_edge = [at(-0.2, 0.3), at(0.3, 0.3), at(0.3, 0.7), at(-0.2, 0.7)];
        let outside = [at(1.0, 0.4), at(1.5, 0.4), at(1.5, 0.6)];
        let plain = |rings: &[&[(f64, f64)]]| json!({ "type": "Polygon", "coordinates": polygon(rings) });
        let parts = |one, other| json!({ "type": "MultiPolygon", "coordinates": [polygon(&[one]), polygon(&[other])] });
        let touching = [
            plain(&[&outer, &in_a_point]),
            plain(&[&outer, &along_an_edge]),
            plain(&[&outer, &with_all_corners]),
            parts(&outer, &next_door),
        ];
        let wrong = [
            plain(&[&bow]),
            plain(&[&outer, &through_the_edge]),
            plain(&[&outer, &outside]),
            parts(&outer, &bow.map(|(x, y)| (x - side / 3.0, y - side / 4.0))),
        ];
        for coord in [Coord::Gcj02, Coord::Wgs84, Coord::Bd09] {
            for (nth, given) in touching.iter().enumerate() {
                let shape = geometry(Some(given), coord).map_err(|(_, text)| text.en);
                let shape = shape.unwrap_or_else(|why| panic!("{side} {nth} {coord:?}: {why}"));
                for other in [Coord::Gcj02, Coord::Wgs84, Coord::Bd09] {
                    let again = geometry(Some(&written(&shape, other)), other);
                    assert!(again.is_ok_and(|again| again.is_same(&shape)), "{side} {nth} {coord:?} {other:?}");
                }
            }
            for (nth, given) in wrong.iter().enumerate() {
                let refused = geometry(Some(given), coord);
                assert!(refused.is_err(), "{side} {nth} {coord:?}");
            }
        }
    }
}

#[test]
fn what_is_stored_is_read_without_being_judged_again() {
    let bow =
        json!({ "type": "Polygon", "coordinates": polygon(&[&[(0.0, 0.0), (0.01, 0.01), (0.01, 0.0), (0.0, 0.01)]]) });
    assert!(geometry(Some(&bow), Coord::Wgs84).is_err());
    assert_eq!(written(&stored(&bow.to_string()).unwrap(), Coord::Wgs84), bow);
    assert!(stored("{}").is_err());
}

#[test]
fn what_is_no_geometry_is_refused() {
    for bad in [
        json!(null),
        json!([]),
        json!({}),
        json!({ "type": "LineString", "coordinates": [[118.79, 24.89], [118.8, 24.89]] }),
        json!({ "type": "Point", "coordinates": [118.79] }),
        json!({ "type": "Point", "coordinates": ["118.79", "24.89"] }),
        json!({ "type": "Point", "coordinates": [1e308, -1e308] }),
        json!({ "type": "Polygon", "coordinates": [[]] }),
        json!({ "type": "MultiPolygon", "coordinates": [] }),
        json!({ "type": "MultiPolygon", "coordinates": [[[[[1]]]]] }),
    ] {
        assert!(geometry(Some(&bad), Coord::Gcj02).is_err(), "{bad}");
    }
}
