"""Where requests go."""

from django.urls import include, path

from foureyes.web.account.sign_in import SignIn, SignOut

urlpatterns = [
    path("api/", include("foureyes.api.urls")),
    path("account/sign-in/", SignIn.as_view(), name="account_login"),  # allauth asks for these two by name
    path("account/sign-out/", SignOut.as_view(), name="account_logout"),
    path("", include("foureyes.web.urls")),
]
handler400 = "foureyes.web.errors.bad_request"
handler404 = "foureyes.web.errors.not_found"
handler500 = "foureyes.web.errors.crashed"
