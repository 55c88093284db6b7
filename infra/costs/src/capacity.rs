//! Capacity units of one DynamoDB request, told apart by the partition that they fall on.
//!
//! The embedded DynamoDB reports the units of a request as `ConsumedCapacity`, by the rules of the real one, index writes and the factor
//! of transactions among them; but only as a sum for the table and each index. Which partition gets hot needs to be known by partition, and
//! a request whose condition fails reports nothing though it is charged. So the units are computed here from the images of the items
//! before and after, by AWS's rules ("Read and write operations", "Item sizes and formats", "Using global secondary indexes: write
//! operations" in the DynamoDB Developer Guide), and must add up to what was reported: two countings that agree ([`Request::check`]).

use std::collections::BTreeMap;

use dynoxide::types::{Item, item_size, read_capacity_units_with_consistency, write_capacity_units};
use serde_json::Value;

/// What a transaction costs more than the same writes outside of one; index writes cost the same in both.
pub const TRANSACTION_FACTOR: f64 = 2.0;
/// What DynamoDB adds to each item, and to each entry of an index, when it bills storage.
const STORAGE_OVERHEAD_BYTES: usize = 100;

/// A secondary index as the table's definition gives it.
#[derive(Clone, Debug)]
struct Index {
    name: String,
    keys: [String; 2],
    keys_only: bool,
}

/// The keys of a table and of its indexes.
#[derive(Clone, Debug)]
pub struct Schema {
    keys: [String; 2],
    ttl: Option<String>,
    indexes: Vec<Index>,
}

impl Schema {
    /// Reads a `CreateTable` request. Both the table and its indexes have a partition and a sort key here.
    pub fn read(create_request: &Value, ttl: Option<String>) -> Self {
        let keys = |holder: &Value| {
            let name = |place: usize| holder["KeySchema"][place]["AttributeName"].as_str().expect("a key").to_owned();
            [name(0), name(1)]
        };
        let index = |index: &Value| {
            let keys_only = match index["Projection"]["ProjectionType"].as_str() {
                Some("ALL") => false,
                Some("KEYS_ONLY") => true,
                other => panic!("the projection {other:?} is not known here"),
            };
            Index { name: index["IndexName"].as_str().expect("a name").to_owned(), keys: keys(index), keys_only }
        };
        let indexes = create_request["GlobalSecondaryIndexes"].as_array().into_iter().flatten().map(index).collect();
        Self { keys: keys(create_request), ttl, indexes }
    }

    /// The key of an item, as requests carry it.
    pub fn key_of(&self, item: &Value) -> Value {
        self.keys.iter().map(|name| (name.clone(), item[name].clone())).collect::<serde_json::Map<_, _>>().into()
    }

    /// The partition that an item, or a key, lies in.
    pub fn partition_of(&self, item: &Value) -> String {
        item[&self.keys[0]]["S"].as_str().unwrap_or_default().to_owned()
    }
}

/// What of a request falls on one partition.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Place {
    /// The index; none is the table.
    pub index: Option<String>,
    /// The partition key's value.
    pub partition: String,
    /// Read units.
    pub reads: f64,
    /// Write units.
    pub writes: f64,
    /// By how many billed bytes what is stored for good grows.
    pub kept_bytes: f64,
    /// By how many billed bytes times seconds until their expiry what is stored for a time grows.
    pub expiring_byte_seconds: f64,
}

/// A request and what it consumed.
#[derive(Clone, Debug, PartialEq)]
pub struct Request {
    /// The operation: `GetItem`.
    pub operation: String,
    /// How many items it named, or a query found.
    pub items: usize,
    /// Where its units fell.
    pub places: Vec<Place>,
}

impl Request {
    /// The units of the table and of each index.
    fn sums(&self) -> BTreeMap<Option<String>, f64> {
        let mut sums = BTreeMap::new();
        for place in &self.places {
            *sums.entry(place.index.clone()).or_default() += place.reads + place.writes;
        }
        sums.retain(|_, units| *units > 0.0);
        sums
    }

    /// Holds the units against those that the embedded DynamoDB reported for the request.
    ///
    /// # Panics
    /// When the two countings differ: then one of them is wrong.
    pub fn check(&self, consumed: &Value) {
        let mut reported = BTreeMap::new();
        let tables = consumed.as_array().cloned().unwrap_or_else(|| vec![consumed.clone()]);
        for table in tables {
            let indexes = table["GlobalSecondaryIndexes"].as_object().cloned().unwrap_or_default();
            let indexes = indexes.iter().map(|(name, detail)| (Some(name.clone()), detail));
            for (index, detail) in indexes.chain([(None, &table["Table"])]) {
                *reported.entry(index).or_default() += detail["CapacityUnits"].as_f64().unwrap_or_default();
            }
        }
        reported.retain(|_, units| *units > 0.0);
        assert_eq!(self.sums(), reported, "{} is counted in two ways", self.operation);
    }
}

/// An item before or after a write, as it stands on the wire.
pub type Image = Option<Value>;

fn item(image: &Value) -> Item {
    serde_json::from_value(image.clone()).expect("an item")
}

fn size(image: Option<&Item>) -> usize {
    image.map_or(0, item_size)
}

/// Reading one item by its key; one that is not there costs as the smallest.
pub fn read(schema: &Schema, key: &Value, found: Option<&Value>, consistent: bool) -> Place {
    let reads = read_capacity_units_with_consistency(size(found.map(item).as_ref()), consistent);
    Place { partition: schema.partition_of(key), reads, ..Place::default() }
}

/// Reading a page: the sizes are added up before they are rounded. Without a projection or a filter, which the platform does not use,
/// what is found is what was read.
pub fn query(index: Option<&str>, partition: &str, found: &[Value], consistent: bool) -> Place {
    let bytes = found.iter().map(|found| item_size(&item(found))).sum();
    let reads = read_capacity_units_with_consistency(bytes, consistent);
    Place { index: index.map(str::to_owned), partition: partition.to_owned(), reads, ..Place::default() }
}

/// A write that failed for its condition, or whose transaction did: charged by the item that was there.
pub fn failed_write(schema: &Schema, key: &Value, before: Option<&Value>, factor: f64) -> Place {
    let writes = factor * write_capacity_units(size(before.map(item).as_ref()));
    Place { partition: schema.partition_of(key), writes, ..Place::default() }
}

/// A write that made `after` of `before`: on the table the larger of the two, on each index what changes there.
pub fn write(schema: &Schema, before: &Image, after: &Image, factor: f64, now_seconds: i64) -> Vec<Place> {
    let key = after.as_ref().or(before.as_ref()).map(|image| schema.partition_of(image)).unwrap_or_default();
    let (before, after) = (before.as_ref().map(item), after.as_ref().map(item));
    let larger = size(before.as_ref()).max(size(after.as_ref()));
    let table = Place { partition: key, writes: factor * write_capacity_units(larger), ..Place::default() };
    let mut places = vec![stored(schema, table, before.as_ref(), after.as_ref(), now_seconds)];
    for index in &schema.indexes {
        let entry = |image: Option<&Item>| image.and_then(|image| index.entry(schema, image));
        let (old, new) = (entry(before.as_ref()), entry(after.as_ref()));
        places.extend(index_write(schema, index, old, new, now_seconds));
    }
    places
}

/// Adds what a write does to what is stored.
fn stored(schema: &Schema, place: Place, before: Option<&Item>, after: Option<&Item>, now_seconds: i64) -> Place {
    let mut place = place;
    for (image, sign) in [(before, -1.0), (after, 1.0)] {
        let Some(image) = image else { continue };
        let bytes = sign * (item_size(image) + STORAGE_OVERHEAD_BYTES) as f64;
        match schema.ttl.as_ref().and_then(|name| image.get(name)) {
            Some(dynoxide::types::AttributeValue::N(expiry)) => {
                let left = expiry.parse::<i64>().expect("a time") - now_seconds;
                place.expiring_byte_seconds += bytes * left.max(0) as f64;
            }
            _ => place.kept_bytes += bytes,
        }
    }
    place
}

impl Index {
    /// The entry of an item; none if it lacks one of the index's keys.
    fn entry(&self, schema: &Schema, image: &Item) -> Option<Item> {
        if !self.keys.iter().all(|key| image.contains_key(key)) {
            return None;
        }
        let projected = |name: &String| !self.keys_only || self.keys.contains(name) || schema.keys.contains(name);
        Some(
            image
                .iter()
                .filter(|(name, _)| projected(name))
                .map(|(name, value)| (name.clone(), value.clone()))
                .collect(),
        )
    }

    fn partition(&self, entry: &Item) -> String {
        match entry.get(&self.keys[0]) {
            Some(dynoxide::types::AttributeValue::S(partition)) => partition.clone(),
            other => panic!("{other:?} is no partition of {}", self.name),
        }
    }
}

/// One write to put an entry in or to take it out, one to change it in place, two to move it, none if it stays as it is.
fn index_write(schema: &Schema, index: &Index, old: Option<Item>, new: Option<Item>, now_seconds: i64) -> Vec<Place> {
    let place = |entry: &Item, bytes: usize| Place {
        index: Some(index.name.clone()),
        partition: index.partition(entry),
        writes: write_capacity_units(bytes),
        ..Place::default()
    };
    let same_key = |old: &Item, new: &Item| index.keys.iter().all(|key| old.get(key) == new.get(key));
    match (old, new) {
        (None, None) => Vec::new(),
        (Some(old), Some(new)) if old == new => Vec::new(),
        (Some(old), Some(new)) if same_key(&old, &new) => {
            let bytes = item_size(&old).max(item_size(&new));
            // What an index keeps for a time goes with its item, whose `ttl` a keys-only entry does not hold: such entries count as kept.
            vec![stored(schema, place(&new, bytes), Some(&old), Some(&new), now_seconds)]
        }
        (old, new) => {
            let removed = old.map(|old| stored(schema, place(&old, item_size(&old)), Some(&old), None, now_seconds));
            let added = new.map(|new| stored(schema, place(&new, item_size(&new)), None, Some(&new), now_seconds));
            removed.into_iter().chain(added).collect()
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    fn schema() -> Schema {
        let keys = |pk: &str, sk: &str| json!([{"AttributeName": pk}, {"AttributeName": sk}]);
        let definition = json!({"KeySchema": keys("pk", "sk"), "GlobalSecondaryIndexes": [
            {"IndexName": "all", "KeySchema": keys("allPk", "allSk"), "Projection": {"ProjectionType": "ALL"}},
            {"IndexName": "keys", "KeySchema": keys("keysPk", "keysSk"), "Projection": {"ProjectionType": "KEYS_ONLY"}},
        ]});
        Schema::read(&definition, Some("ttl".to_owned()))
    }

    /// An item of exactly so many bytes: with this key, its names and values but the filling have 13.
    fn sized(bytes: usize) -> Value {
        json!({"pk": {"S": "P"}, "sk": {"S": "S"}, "filling": {"S": "x".repeat(bytes - 13)}})
    }

    fn with(mut image: Value, attributes: Value) -> Image {
        image.as_object_mut().unwrap().extend(attributes.as_object().unwrap().clone());
        Some(image)
    }

    fn units(before: &Image, after: &Image, factor: f64) -> Vec<(Option<String>, f64)> {
        let places = write(&schema(), before, after, factor, 0);
        places.into_iter().map(|place| (place.index, place.writes)).collect()
    }

    /// The Developer Guide's examples of reads: items of 4 KB and 8 KB; a batch of 1.5 KB and 6.5 KB is 4 + 8 KB; a query of 40.8 KB is 44.
    #[test]
    fn reads_cost_as_the_guide_says() {
        let schema = schema();
        let get =
            |bytes: Option<usize>, consistent| read(&schema, &sized(100), bytes.map(sized).as_ref(), consistent).reads;
        assert_eq!((get(Some(4096), true), get(Some(4096), false)), (1.0, 0.5));
        assert_eq!((get(Some(4097), true), get(Some(8192), false)), (2.0, 1.0));
        assert_eq!((get(None, true), get(None, false)), (1.0, 0.5), "what is not there is read too");
        assert_eq!(get(Some(1536), true) + get(Some(6656), true), 3.0);
        let page = (0..17).map(|_| sized(2457)).collect::<Vec<_>>();
        let paged = |consistent| query(None, "P", &page, consistent).reads;
        assert_eq!((paged(true), paged(false)), (11.0, 5.5));
        assert_eq!(query(Some("all"), "P", &[], false).reads, 0.5);
    }

    /// The guide's examples of writes: 1 KB is one unit, 1.5 KB two, in a transaction twice that; an item that shrinks costs its old size;
    /// a failed condition costs the size of what is there, at least one.
    #[test]
    fn writes_cost_as_the_guide_says() {
        assert_eq!(units(&None, &Some(sized(1024)), 1.0), [(None, 1.0)]);
        assert_eq!(units(&None, &Some(sized(1536)), 1.0), [(None, 2.0)]);
        assert_eq!(units(&None, &Some(sized(1536)), TRANSACTION_FACTOR), [(None, 4.0)]);
        assert_eq!(units(&Some(sized(4000)), &Some(sized(100)), 1.0), [(None, 4.0)]);
        assert_eq!(units(&Some(sized(1025)), &None, 1.0), [(None, 2.0)]);
        let failed = |before: Option<Value>| failed_write(&schema(), &sized(100), before.as_ref(), 1.0).writes;
        assert_eq!((failed(None), failed(Some(sized(300 * 1024)))), (1.0, 300.0));
    }

    /// "If a new item is put that has the index key, one write; if the key's value changes, two; if it goes, one; if what is projected
    /// does not change, none."
    #[test]
    fn index_writes_cost_as_the_guide_says() {
        let all = |sort: &str| json!({"allPk": {"S": "L"}, "allSk": {"S": sort}});
        let keys = |sort: &str| json!({"keysPk": {"S": "L"}, "keysSk": {"S": sort}});
        let index = |name: &str, units: f64| (Some(name.to_owned()), units);
        assert_eq!(units(&None, &with(sized(1500), all("1")), 2.0), [(None, 4.0), index("all", 2.0)]);
        assert_eq!(
            units(&with(sized(1500), all("1")), &with(sized(900), all("2")), 2.0),
            [(None, 4.0), index("all", 2.0), index("all", 1.0)]
        );
        assert_eq!(units(&with(sized(900), all("1")), &Some(sized(900)), 1.0), [(None, 1.0), index("all", 1.0)]);
        let (before, after) = (with(sized(9000), keys("1")), with(sized(9001), keys("1")));
        assert_eq!(units(&before, &after, 1.0), [(None, 9.0)], "what an index does not hold cannot change in it");
        assert_eq!(units(&before, &with(sized(9000), keys("2")), 1.0)[1..], [index("keys", 1.0), index("keys", 1.0)]);
        let (before, after) = (with(sized(1500), all("1")), with(sized(900), all("1")));
        assert_eq!(units(&before, &after, 1.0), [(None, 2.0), index("all", 2.0)]);
    }

    #[test]
    fn what_stays_is_told_from_what_expires() {
        let bytes = |before: &Image, after: &Image| {
            let places = write(&schema(), before, after, 1.0, 1_000);
            (places.iter().map(|place| place.kept_bytes).sum::<f64>(), places[0].expiring_byte_seconds)
        };
        assert_eq!(bytes(&None, &Some(sized(400))), (500.0, 0.0));
        assert_eq!(bytes(&Some(sized(400)), &Some(sized(450))), (50.0, 0.0));
        let listed = with(sized(400), json!({"allPk": {"S": "L"}, "allSk": {"S": "1"}}));
        assert_eq!(bytes(&None, &listed), (1024.0, 0.0), "412 bytes and 100 more, in the table and in the index");
        let expiring = with(sized(394), json!({"ttl": {"N": "1060"}}));
        assert_eq!(bytes(&None, &expiring), (0.0, 500.0 * 60.0));
    }

    /// "Item sizes and formats": a name and a string have their UTF-8 bytes, a number a byte for two digits and one more, true, false and
    /// null one, a list and a map three bytes and one for each element.
    #[test]
    fn items_are_as_large_as_the_guide_says() {
        let bytes = |value: Value| item_size(&item(&json!({ "n": value }))) - 1;
        assert_eq!(bytes(json!({"S": "größe"})), 7);
        assert_eq!((bytes(json!({"N": "27"})), bytes(json!({"N": "1234"}))), (2, 3));
        assert_eq!((bytes(json!({"BOOL": true})), bytes(json!({"NULL": true}))), (1, 1));
        assert_eq!((bytes(json!({"L": []})), bytes(json!({"M": {}}))), (3, 3));
        assert_eq!(bytes(json!({"L": [{"S": "ab"}, {"S": "c"}]})), 3 + 2 + 3);
        assert_eq!(bytes(json!({"M": {"key": {"S": "value"}}})), 3 + 1 + 3 + 5);
    }
}
