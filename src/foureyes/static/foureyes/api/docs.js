/* Shows the API's description. Signed-in people try calls with their session, for which writing needs the CSRF token. */
const place = document.getElementById("docs");

function csrfToken() {
  const cookie = document.cookie.split("; ").find((part) => part.startsWith("csrftoken="));
  return cookie ? decodeURIComponent(cookie.slice("csrftoken=".length)) : "";
}

SwaggerUIBundle({
  url: place.dataset.schema,
  domNode: place,
  presets: [SwaggerUIBundle.presets.apis],
  layout: "BaseLayout",
  deepLinking: true,
  filter: true,
  docExpansion: "none",
  validatorUrl: null,
  persistAuthorization: true,
  requestInterceptor(request) {
    if (new URL(request.url, location).origin === location.origin && csrfToken()) {
      request.headers["X-CSRFToken"] = csrfToken();
    }
    return request;
  },
});
