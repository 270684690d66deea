#include "tests/standin/lease_server.h"

#include <httplib.h>

#include <utility>
#include <vector>

namespace standin {
namespace {

using nlohmann::json;
using Clock = std::chrono::steady_clock;

constexpr char kCollection[] =
    R"(/apis/coordination\.k8s\.io/v1/namespaces/([^/]+)/leases)";
constexpr char kOne[] =
    R"(/apis/coordination\.k8s\.io/v1/namespaces/([^/]+)/leases/([^/]+))";

void Send(httplib::Response& response, const Reply& reply) {
  response.status = reply.code;
  response.set_content(reply.body.dump(), "application/json");
}

LeaseId IdOf(const httplib::Request& request) {
  return {request.matches[1],
          request.matches.size() > 2 ? request.matches[2].str() : ""};
}

// The lease that fieldSelector names, or all of the namespace. False when the
// selector is one we do not know.
bool Select(const httplib::Request& request, LeaseId* id) {
  constexpr std::string_view kByName = "metadata.name=";
  const std::string selector = request.get_param_value("fieldSelector");
  if (selector.empty()) return true;
  if (!selector.starts_with(kByName)) return false;
  id->name = selector.substr(kByName.size());
  return true;
}

bool IsTrue(const httplib::Request& request, const char* parameter) {
  const std::string value = request.get_param_value(parameter);
  return value == "1" || value == "true";
}

// One open watch: what has been sent, and until when.
class Watch {
 public:
  Watch(const LeaseStore& store, LeaseId id, const httplib::Request& request,
        std::chrono::seconds bookmark_every)
      : store_(store),
        id_(std::move(id)),
        bookmarks_(IsTrue(request, "allowWatchBookmarks")),
        bookmark_every_(bookmark_every),
        next_bookmark_(Clock::now() + bookmark_every) {
    const std::string seconds = request.get_param_value("timeoutSeconds");
    deadline_ = Clock::now() + std::chrono::seconds(
                                   seconds.empty() ? 1800 : std::stol(seconds));
    const std::string version = request.get_param_value("resourceVersion");
    if (version.empty() || version == "0") {
      first_ = store_.Snapshot(id_, &version_);
    } else {
      version_ = std::stoll(version);
    }
  }

  // Waits a little for the next events and sends them.
  bool Continue(httplib::DataSink& sink) {
    for (const json& event : std::exchange(first_, {})) Write(sink, event);
    const auto events =
        store_.ChangesAfter(id_, &version_, std::chrono::milliseconds(100));
    if (!events) {
      Write(sink, {{"type", "ERROR"}, {"object", TooOld().body}});
      sink.done();
      return true;
    }
    for (const json& event : *events) Write(sink, event);
    const auto now = Clock::now();
    if (bookmarks_ && now >= next_bookmark_) {
      Write(sink, Bookmark());
      next_bookmark_ = now + bookmark_every_;
    }
    if (now >= deadline_) sink.done();
    return true;
  }

 private:
  static void Write(httplib::DataSink& sink, const json& event) {
    const std::string line = event.dump() + "\n";
    sink.write(line.data(), line.size());
  }
  Reply TooOld() const {
    return Refusal(410, "Expired",
                   "too old resource version: " + std::to_string(version_) +
                       " (" + std::to_string(store_.oldest()) + ")");
  }
  json Bookmark() const {
    return {{"type", "BOOKMARK"},
            {"object",
             {{"apiVersion", "coordination.k8s.io/v1"},
              {"kind", "Lease"},
              {"metadata", {{"resourceVersion", std::to_string(version_)}}},
              {"spec", json::object()}}}};
  }

  const LeaseStore& store_;
  const LeaseId id_;
  const bool bookmarks_;
  const std::chrono::seconds bookmark_every_;
  std::vector<json> first_;
  std::int64_t version_ = 0;
  Clock::time_point next_bookmark_;
  Clock::time_point deadline_;
};

httplib::SSLServer::PemMemory Pem(const support::KeyPair& pair) {
  return {pair.certificate_pem.data(),
          pair.certificate_pem.size(),
          pair.key_pem.data(),
          pair.key_pem.size(),
          nullptr,
          0,
          nullptr};
}

bool IsNumber(const std::string& text) {
  return text.size() < 19 &&
         text.find_first_not_of("0123456789") == std::string::npos;
}

}  // namespace

class LeaseServer::Routes {
 public:
  Routes(LeaseStore& store, ServerOptions options)
      : store_(store),
        options_(std::move(options)),
        server_(Pem(options_.certificate)) {
    // A watch keeps its thread.
    server_.new_task_queue = [] { return new httplib::ThreadPool(64); };
    server_.set_tcp_nodelay(true);
    server_.set_keep_alive_max_count(1'000'000);
    server_.set_keep_alive_timeout(90);
    server_.set_payload_max_length(3 << 20);
    server_.set_pre_routing_handler(
        [this](const auto& request, auto& response) {
          return Authenticate(request, response);
        });
    AddRoutes();
  }

  httplib::SSLServer& server() { return server_; }

 private:
  using Handled = httplib::Server::HandlerResponse;

  Handled Authenticate(const httplib::Request& request,
                       httplib::Response& response) const {
    const bool open = request.path == "/readyz" || request.path == "/livez";
    if (open || request.get_header_value("Authorization") ==
                    "Bearer " + options_.token) {
      return Handled::Unhandled;
    }
    Send(response, Refusal(401, "Unauthorized", "Unauthorized"));
    return Handled::Handled;
  }

  void AddRoutes() {
    const auto ok = [](const auto&, auto& response) {
      response.set_content("ok", "text/plain");
    };
    server_.Get("/readyz", ok);
    server_.Get("/livez", ok);
    server_.Get(kOne, [this](const auto& request, auto& response) {
      Send(response, store_.Get(IdOf(request)));
    });
    server_.Put(kOne, [this](const auto& request, auto& response) {
      Send(response, store_.Put(IdOf(request), request.body));
    });
    server_.Delete(kOne, [this](const auto& request, auto& response) {
      Send(response, store_.Delete(IdOf(request), request.body));
    });
    server_.Post(kCollection, [this](const auto& request, auto& response) {
      Send(response, store_.Post(IdOf(request).name_space, request.body));
    });
    server_.Get(kCollection, [this](const auto& request, auto& response) {
      ListOrWatch(request, response);
    });
  }

  void ListOrWatch(const httplib::Request& request,
                   httplib::Response& response) {
    LeaseId id = IdOf(request);
    if (!Select(request, &id)) {
      return Send(response, Refusal(400, "BadRequest",
                                    "only metadata.name can be selected"));
    }
    if (!IsTrue(request, "watch")) return Send(response, store_.List(id));
    const std::string version = request.get_param_value("resourceVersion");
    if (!IsNumber(version)) {
      return Send(response,
                  Refusal(500, "",
                          "resourceVersion: Invalid value: \"" + version +
                              "\": strconv.ParseUint: parsing \"" + version +
                              "\": invalid syntax"));
    }
    if (!IsNumber(request.get_param_value("timeoutSeconds"))) {
      return Send(response, Refusal(400, "BadRequest",
                                    "timeoutSeconds must be a number"));
    }
    auto watch =
        std::make_shared<Watch>(store_, id, request, options_.bookmark_every);
    response.set_chunked_content_provider(
        "application/json", [watch](std::size_t, httplib::DataSink& sink) {
          return watch->Continue(sink);
        });
  }

  LeaseStore& store_;
  const ServerOptions options_;
  httplib::SSLServer server_;
};

LeaseServer::LeaseServer(LeaseStore& store, ServerOptions options)
    : routes_(std::make_unique<Routes>(store, std::move(options))) {}

LeaseServer::~LeaseServer() = default;

int LeaseServer::Bind(int port) {
  httplib::SSLServer& server = routes_->server();
  if (port == 0) return server.bind_to_any_port("127.0.0.1");
  return server.bind_to_port("127.0.0.1", port) ? port : -1;
}

void LeaseServer::Listen() { routes_->server().listen_after_bind(); }

}  // namespace standin
