#include "tests/support/api_gateway.h"

#include <httplib.h>

#include <array>
#include <atomic>
#include <thread>
#include <utility>

#include "agent/base/mutex.h"
#include "tests/support/file_port_wait.h"

namespace support {
namespace {

using base::Duration;
using base::Instant;
using base::MutexLock;
using nlohmann::json;

constexpr std::size_t kThreads = 64;  // A connection each.
constexpr Duration kAsLongAsItTakes = std::chrono::hours(1);

// An HTTPS server on a free loopback port, with a wait that its end cuts short.
class Https {
 public:
  using Handler =
      std::function<void(const httplib::Request&, httplib::Response&)>;

  Https(const KeyPair& certificate, Handler handler) {
    const std::string cert = folder_ / "tls.crt";
    const std::string key = folder_ / "tls.key";
    WriteFile(cert, certificate.certificate_pem);
    WriteFile(key, certificate.key_pem);
    server_ = std::make_unique<httplib::SSLServer>(cert.c_str(), key.c_str());
    server_->new_task_queue = [] { return new httplib::ThreadPool(kThreads); };
    server_->set_keep_alive_max_count(1'000'000);
    server_->set_keep_alive_timeout(600);
    server_->set_tcp_nodelay(true);
    server_->Get(".*", handler);
    server_->Put(".*", handler);
    server_->Post(".*", handler);
    port_ = server_->bind_to_any_port("127.0.0.1");
    if (port_ <= 0) throw std::runtime_error("gateway: no port");
  }

  void Start() {
    thread_ = std::thread([this] { server_->listen_after_bind(); });
    server_->wait_until_ready();
  }
  void End() {
    {
      const MutexLock lock(mutex_);
      ending_ = true;
      changed_.notify_all();
    }
    server_->stop();
    if (thread_.joinable()) thread_.join();
  }

  int port() const { return port_; }
  void Wait(Duration duration) {
    const Instant until = BootNow() + duration;
    const MutexLock lock(mutex_);
    while (!ending_ && BootNow() < until) {
      changed_.wait_for(mutex_, until - BootNow());
    }
  }

 private:
  TempDir folder_;
  std::unique_ptr<httplib::SSLServer> server_;
  int port_ = 0;
  std::thread thread_;
  base::Mutex mutex_;
  base::ConditionVariable changed_;
  bool ending_ GUARDED_BY(mutex_) = false;
};

RequestKind KindOf(const httplib::Request& request) {
  if (request.method != "GET") return RequestKind::kWrite;
  return request.has_param("watch") ? RequestKind::kWatch : RequestKind::kRead;
}

}  // namespace

std::string StatusBody(int code, const std::string& reason,
                       const std::string& message) {
  json status = {{"kind", "Status"},     {"apiVersion", "v1"},
                 {"metadata", json({})}, {"status", "Failure"},
                 {"message", message},   {"code", code}};
  if (!reason.empty()) status["reason"] = reason;
  return status.dump();
}

class ApiGateway::Impl {
 public:
  Impl(const KeyPair& certificate, Endpoint upstream)
      : watch_road_(upstream.port),
        upstream_(upstream),
        server_(certificate, [this](const auto& request, auto& answer) {
          Handle(request, answer);
        }) {
    upstream.port = watch_road_.port();
    watch_upstream_ = std::move(upstream);
    server_.Start();
  }

  ~Impl() {
    watch_road_.SetNewcomers(Newcomers::kRefuse);
    watch_road_.EndAll(Ending::kReset);
    server_.End();
  }

  int port() const { return server_.port(); }
  TcpProxy& watch_road() { return watch_road_; }

  void Set(RequestKind kind, HttpFault fault) {
    const MutexLock lock(mutex_);
    faults_[Index(kind)] = std::move(fault);
  }
  void SetWatchFilter(WatchFilter filter) {
    const MutexLock lock(mutex_);
    filter_ = std::move(filter);
  }
  int requests(RequestKind kind) const { return requests_[Index(kind)]; }
  int struck(RequestKind kind) const { return struck_[Index(kind)]; }

 private:
  static std::size_t Index(RequestKind kind) {
    return static_cast<std::size_t>(kind);
  }

  // The fault of this request, which may be none.
  HttpFault Take(RequestKind kind) {
    ++requests_[Index(kind)];
    const MutexLock lock(mutex_);
    HttpFault& fault = faults_[Index(kind)];
    if (fault.times == 0) return {};
    if (fault.times > 0) --fault.times;
    const bool none = fault.status == 0 && fault.before == Duration(0) &&
                      fault.after == Duration(0);
    if (!none) ++struck_[Index(kind)];
    return fault;
  }

  void Handle(const httplib::Request& request, httplib::Response& answer) {
    const RequestKind kind = KindOf(request);
    const HttpFault fault = Take(kind);
    if (fault.status != 0) {
      answer.status = fault.status;
      answer.set_content(fault.body, fault.content_type);
      if (!fault.retry_after.empty()) {
        answer.set_header("Retry-After", fault.retry_after);
      }
      return;
    }
    if (kind == RequestKind::kWatch) return HandOnWatch(request, answer);
    server_.Wait(fault.before);
    const Answer got = RestClient(upstream_).RequestText(
        request.method, request.target, request.body,
        request.get_header_value("Content-Type"));
    server_.Wait(fault.after);
    answer.status = got.status == 0 ? 502 : got.status;
    answer.set_content(got.status == 0 ? got.error : got.body,
                       "application/json");
  }

  void HandOnWatch(const httplib::Request& request, httplib::Response& answer) {
    answer.status = 200;
    answer.set_chunked_content_provider(
        "application/json",
        [this, target = request.target](std::size_t, httplib::DataSink& sink) {
          const auto hand_on = [&](const json& event) {
            for (const json& line : Filter(event)) {
              const std::string text = line.dump() + "\n";
              if (!sink.write(text.data(), text.size())) return false;
            }
            return true;
          };
          RestClient(watch_upstream_).Watch(target, hand_on, kAsLongAsItTakes);
          sink.done();
          return true;
        });
  }

  std::vector<json> Filter(const json& event) {
    WatchFilter filter;
    {
      const MutexLock lock(mutex_);
      filter = filter_;
    }
    return filter ? filter(event) : std::vector<json>{event};
  }

  TcpProxy watch_road_;
  const Endpoint upstream_;
  Endpoint watch_upstream_;
  std::array<std::atomic<int>, 3> requests_{};
  std::array<std::atomic<int>, 3> struck_{};
  base::Mutex mutex_;
  std::array<HttpFault, 3> faults_ GUARDED_BY(mutex_);
  WatchFilter filter_ GUARDED_BY(mutex_);
  Https server_;  // Last: its threads use all the rest.
};

ApiGateway::ApiGateway(const KeyPair& certificate, Endpoint upstream)
    : impl_(std::make_unique<Impl>(certificate, std::move(upstream))) {}
ApiGateway::~ApiGateway() = default;

int ApiGateway::port() const { return impl_->port(); }
void ApiGateway::Set(RequestKind kind, HttpFault fault) {
  impl_->Set(kind, std::move(fault));
}
void ApiGateway::SetWatchFilter(WatchFilter filter) {
  impl_->SetWatchFilter(std::move(filter));
}
TcpProxy& ApiGateway::watch_road() { return impl_->watch_road(); }
int ApiGateway::requests(RequestKind kind) const {
  return impl_->requests(kind);
}
int ApiGateway::struck(RequestKind kind) const { return impl_->struck(kind); }

class SleepingWebhook::Impl {
 public:
  explicit Impl(const KeyPair& certificate)
      : server_(certificate, [this](const auto& request, auto& answer) {
          Handle(request, answer);
        }) {
    server_.Start();
  }
  ~Impl() { server_.End(); }

  int port() const { return server_.port(); }
  void SetSleep(Duration sleep) { sleep_ns_ = sleep.count(); }
  int calls() const { return calls_; }

 private:
  void Handle(const httplib::Request& request, httplib::Response& answer) {
    ++calls_;
    server_.Wait(Duration(sleep_ns_.load()));
    const json review = json::parse(request.body, nullptr, false);
    const json verdict = {
        {"apiVersion", "admission.k8s.io/v1"},
        {"kind", "AdmissionReview"},
        {"response",
         {{"uid", review.at("request").at("uid")}, {"allowed", true}}}};
    answer.status = 200;
    answer.set_content(verdict.dump(), "application/json");
  }

  std::atomic<std::int64_t> sleep_ns_ = 0;
  std::atomic<int> calls_ = 0;
  Https server_;
};

SleepingWebhook::SleepingWebhook(const KeyPair& certificate)
    : impl_(std::make_unique<Impl>(certificate)) {}
SleepingWebhook::~SleepingWebhook() = default;

std::string SleepingWebhook::url() const {
  return "https://127.0.0.1:" + std::to_string(impl_->port()) + "/validate";
}
void SleepingWebhook::SetSleep(Duration sleep) { impl_->SetSleep(sleep); }
int SleepingWebhook::calls() const { return impl_->calls(); }

}  // namespace support
