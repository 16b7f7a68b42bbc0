// The most recently used values of a cache, at most so many of them. Not thread-safe.
#pragma once

#include <functional>
#include <list>
#include <string>
#include <string_view>
#include <unordered_map>
#include <utility>

namespace barid::notify {

template <class Value>
class Lru {
  public:
    explicit Lru(std::size_t capacity) : capacity_(capacity) {}

    /// The value of `key`, made by `make(key)` when it isn't there. The reference lives until
    /// `capacity` other keys have been asked for.
    template <class Make>
    Value& get(std::string_view key, const Make& make) {
        if (const auto at = index_.find(key); at != index_.end()) {
            items_.splice(items_.begin(), items_, at->second);
            return items_.front().second;
        }
        items_.emplace_front(std::string(key), make(key));
        // The index's key is a view of the item's own: a list's items never move.
        index_.emplace(items_.front().first, items_.begin());
        if (items_.size() > capacity_) {
            index_.erase(items_.back().first);
            items_.pop_back();
        }
        return items_.front().second;
    }
    [[nodiscard]] std::size_t size() const { return items_.size(); }

  private:
    using Items = std::list<std::pair<std::string, Value>>;
    std::size_t capacity_;
    Items items_;
    std::unordered_map<std::string_view, typename Items::iterator> index_;
};

}  // namespace barid::notify
