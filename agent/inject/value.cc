#include "agent/inject/value.h"

#include <algorithm>
#include <array>
#include <utility>

namespace inject {
namespace {

constexpr std::size_t kWidth = 80;

bool IsLetter(char c) {
  return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z');
}

// Words that YAML 1.1 reads as true, false or null.
bool IsReserved(std::string_view text) {
  constexpr std::array<std::string_view, 9> kWords{
      "true", "false", "yes", "no", "on", "off", "null", "y", "n"};
  std::string lower(text);
  std::transform(lower.begin(), lower.end(), lower.begin(), [](char c) {
    return c >= 'A' && c <= 'Z' ? static_cast<char>(c - 'A' + 'a') : c;
  });
  return std::find(kWords.begin(), kWords.end(), lower) != kWords.end();
}

// 10m, 16Mi.
bool IsQuantity(std::string_view text) {
  const std::size_t unit = text.find_first_not_of("0123456789");
  return unit != 0 && unit != std::string_view::npos &&
         (text.substr(unit) == "m" || text.substr(unit) == "Mi");
}

// A text that is one without quotes, in any YAML and in flow style too.
bool IsPlain(std::string_view text) {
  const bool begins_well =
      !text.empty() &&
      (IsLetter(text.front()) || text.front() == '/' ||
       (text.starts_with("--") && text.size() > 2 && IsLetter(text[2])));
  if (IsQuantity(text)) return true;
  return begins_well && !IsReserved(text) && !text.ends_with(':') &&
         std::all_of(text.begin(), text.end(), [](char c) {
           return IsLetter(c) || (c >= '0' && c <= '9') ||
                  std::string_view("_-./:=@").find(c) != std::string_view::npos;
         });
}

std::string Quoted(std::string_view text) {
  constexpr std::string_view kHex = "0123456789abcdef";
  std::string out = "\"";
  for (const char c : text) {
    const auto byte = static_cast<unsigned char>(c);
    if (c == '"' || c == '\\') {
      out += {'\\', c};
    } else if (byte < 0x20 || byte == 0x7F) {
      out += "\\u00";
      out += {kHex[byte >> 4], kHex[byte & 15]};
    } else {
      out += c;
    }
  }
  return out + '"';
}

std::string Scalar(const Value& value) {
  return value.kind == Value::Kind::kBare || IsPlain(value.text)
             ? value.text
             : Quoted(value.text);
}

bool IsScalar(const Value& value) {
  return value.kind == Value::Kind::kText || value.kind == Value::Kind::kBare;
}

// "[get, watch]", or "" if it has to be written line by line.
std::string ShortList(const Value& value, std::size_t room) {
  std::string out;
  for (const Value& item : value.items) {
    if (item.kind != Value::Kind::kText || !IsPlain(item.text)) return "";
    out += (out.empty() ? "[" : ", ") + item.text;
  }
  return out.size() + 1 > room ? "" : out + ']';
}

class BlockWriter {
 public:
  explicit BlockWriter(std::string_view newline) : newline_(newline) {}

  // `in_line`: the first line's indentation has been written ("- ").
  void Write(const Value& value, std::size_t indent, bool in_line) {
    if (IsScalar(value)) {
      Begin(indent, in_line);
      out_ += Scalar(value);
      out_ += newline_;
    } else if (value.kind == Value::Kind::kList) {
      for (const Value& item : value.items) {
        Begin(indent, std::exchange(in_line, false));
        out_ += "- ";
        Write(item, indent + 2, true);
      }
    } else {
      for (const auto& [key, inner] : value.fields) {
        Begin(indent, std::exchange(in_line, false));
        WriteEntry(key, inner, indent);
      }
    }
  }

  std::string Take() { return std::move(out_); }

 private:
  void Begin(std::size_t indent, bool in_line) {
    if (!in_line) out_ += std::string(indent, ' ');
  }

  void WriteEntry(const std::string& key, const Value& value,
                  std::size_t indent) {
    out_ += key + ":";
    std::string short_form;
    if (IsScalar(value)) {
      short_form = Scalar(value);
    } else if (value.kind == Value::Kind::kList) {
      const std::size_t used = indent + key.size() + 2;
      short_form = ShortList(value, used < kWidth ? kWidth - used : 0);
    }
    if (!short_form.empty()) {
      out_ += " " + short_form;
      out_ += newline_;
      return;
    }
    out_ += newline_;
    Write(value, indent + 2, false);
  }

  std::string_view newline_;
  std::string out_;
};

}  // namespace

Value Value::Text(std::string_view text) {
  return {Kind::kText, std::string(text), {}, {}};
}
Value Value::Number(int number) {
  return {Kind::kBare, std::to_string(number), {}, {}};
}
Value Value::Bool(bool value) {
  return {Kind::kBare, value ? "true" : "false", {}, {}};
}
Value Value::List(std::vector<Value> items) {
  return {Kind::kList, "", std::move(items), {}};
}
Value Value::Map(std::vector<Field> fields) {
  return {Kind::kMap, "", {}, std::move(fields)};
}
Value Value::TextList(const std::vector<std::string>& texts) {
  std::vector<Value> items;
  for (const std::string& text : texts) items.push_back(Text(text));
  return List(std::move(items));
}

std::string WriteBlock(const Value& value, std::size_t indent,
                       std::string_view newline) {
  BlockWriter writer(newline);
  writer.Write(value, indent, false);
  return writer.Take();
}

std::string WriteFlow(const Value& value) {
  std::string out;
  switch (value.kind) {
    case Value::Kind::kText:
      return Quoted(value.text);
    case Value::Kind::kBare:
      return value.text;
    case Value::Kind::kList:
      for (const Value& item : value.items) {
        out += (out.empty() ? "[" : ",") + WriteFlow(item);
      }
      return out.empty() ? "[]" : out + ']';
    case Value::Kind::kMap:
      for (const auto& [key, inner] : value.fields) {
        out += (out.empty() ? "{" : ",") + Quoted(key) + ":" + WriteFlow(inner);
      }
      return out.empty() ? "{}" : out + '}';
  }
  return out;
}

}  // namespace inject
